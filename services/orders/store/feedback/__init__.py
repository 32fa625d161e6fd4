"""What customers say: their tracking page and survey, complaints, call-backs."""

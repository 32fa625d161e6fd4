"""The engine `ortools`: OR-Tools proposes, the kernel prices and completes."""

"""What parts does: imports, holds and publication, facts from phones, shipments, answers."""

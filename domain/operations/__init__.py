"""What phones sent that needs a person: recorded work to accept or decline, and what could not become an entry."""

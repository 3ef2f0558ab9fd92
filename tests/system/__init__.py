"""What takes real programs and minutes: installed wheels, servers, other interpreters."""

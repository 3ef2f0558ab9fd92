"""Proxies of facilitation: signs consistent with organised movement, never proof of it."""

"""Attribution methods and the attribution file."""

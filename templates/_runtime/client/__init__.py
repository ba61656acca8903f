"""What a user holds: clients, handles, streams, and the engines that run them."""

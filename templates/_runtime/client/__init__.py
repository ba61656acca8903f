"""Clients, handles and streams, and the engines that run them."""

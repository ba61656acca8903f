"""Stickers for laptops."""

"""Subtitles for films without a word."""

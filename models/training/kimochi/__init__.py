"""Trains the little Whisper model of this repository from nothing: see ../../README.md."""

"""The sentences people read, by language and area; data only. `flowgov.i18n` looks them up."""

"""The registers of the dossier, as people use them: one module for each."""

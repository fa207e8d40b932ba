//! Every word that is guessed by, in one place.

//! A small login service behind TLS, with faults on demand: for the demo and the tests.

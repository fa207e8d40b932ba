//! One snapshot as Prometheus metrics and as pages, behind a bounded listener.

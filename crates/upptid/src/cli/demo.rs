//! `upptid demo`

use clap::Args;

/// `upptid demo`
#[derive(Args)]
pub struct DemoArgs {
    /// End by itself after this many seconds
    #[arg(long, value_name = "SECONDS")]
    pub seconds: Option<u64>,
    /// Where the page and /metrics are
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:10925")]
    pub listen: std::net::SocketAddr,
}

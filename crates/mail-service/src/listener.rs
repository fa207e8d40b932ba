//! A listener on a free port, and its end.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use crate::stream::Stream;

/// Accepts connections until it is dropped.
pub(crate) struct Listener {
    address: SocketAddr,
    ends: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl Listener {
    /// Listens on `address`; `serve` has a thread for each connection.
    pub(crate) fn start(
        address: SocketAddr,
        serve: impl Fn(Stream) -> io::Result<()> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let ends = Arc::new(AtomicBool::new(false));
        let (serve, ended) = (Arc::new(serve), ends.clone());
        let acceptor = thread::spawn(move || {
            for tcp in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let serve = serve.clone();
                // A connection that breaks is the client's to notice.
                let _ =
                    tcp.and_then(Stream::new).map(|stream| thread::spawn(move || serve(stream)));
            }
        });
        Ok(Listener { address, ends, acceptor: Some(acceptor) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        // Wakes the acceptor, which looks whether it is to end.
        if TcpStream::connect(self.address).is_ok()
            && let Some(acceptor) = self.acceptor.take()
        {
            let _ = acceptor.join();
        }
    }
}

//! Below TLS: what a handshake ends with goes out together with the first request, as browsers
//! send it. By itself it has no answer, and costs a packet and wakes the service for nothing.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes that are held back.
const HELD_BYTES_MAX: usize = 16 * 1024;

/// A stream that holds back what is written in a handshake, until something is read or the
/// handshake is over and something is written or flushed.
#[derive(Debug)]
pub struct Gather<S> {
    stream: S,
    held: Vec<u8>,
    shakes_hands: bool,
}

impl<S> Gather<S> {
    /// A stream on which a handshake begins.
    pub fn new(stream: S) -> Self {
        Gather { stream, held: Vec::new(), shakes_hands: true }
    }

    /// The handshake is over.
    pub fn go_on(&mut self) {
        self.shakes_hands = false;
    }

    /// The stream itself.
    pub fn stream(&self) -> &S {
        &self.stream
    }
}

impl<S: AsyncWrite + Unpin> Gather<S> {
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.held.is_empty() {
            let sent = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.held))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.held.drain(..sent);
        }
        Poll::Ready(Ok(()))
    }

    /// Takes in what there is room for behind what is held, and sends all if it may.
    fn poll_take(
        &mut self,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.held.len() >= HELD_BYTES_MAX {
            ready!(self.poll_send(cx))?;
        }
        let before = self.held.len();
        for buf in bufs {
            let room = HELD_BYTES_MAX - self.held.len();
            self.held.extend_from_slice(&buf[..buf.len().min(room)]);
        }
        let taken = self.held.len() - before;
        // What the stream does not take now goes before anything else.
        if !self.shakes_hands
            && let Poll::Ready(Err(error)) = self.poll_send(cx)
        {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(taken))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Gather<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gather<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[io::IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.held.is_empty() && !self.shakes_hands {
            return Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        }
        self.poll_take(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.shakes_hands {
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;

    /// What has arrived so far, without waiting for more.
    async fn arrived(service: &mut DuplexStream) -> String {
        let mut all = [0; 64];
        let read = tokio::time::timeout(std::time::Duration::ZERO, service.read(&mut all)).await;
        String::from_utf8(all[..read.map_or(0, Result::unwrap)].to_vec()).unwrap()
    }

    #[tokio::test]
    async fn the_end_of_a_handshake_goes_out_with_what_follows() {
        let (probe, mut service) = duplex(64);
        let mut probe = Gather::new(probe);
        probe.write_all(b"hello ").await.unwrap();
        probe.flush().await.unwrap();
        assert_eq!(arrived(&mut service).await, "");

        // Who reads has said all that it wanted to say.
        service.write_all(b"hello too").await.unwrap();
        let mut answer = [0; 9];
        probe.read_exact(&mut answer).await.unwrap();
        assert_eq!(arrived(&mut service).await, "hello ");

        probe.write_all(b"finished ").await.unwrap();
        probe.flush().await.unwrap();
        probe.go_on();
        assert_eq!(arrived(&mut service).await, "");
        probe.write_all(b"GET /").await.unwrap();
        assert_eq!(arrived(&mut service).await, "finished GET /");
        probe.write_all(b"GET /").await.unwrap();
        assert_eq!(arrived(&mut service).await, "GET /");
    }

    #[tokio::test]
    async fn what_is_held_goes_out_by_itself_where_nothing_follows() {
        for closes in [false, true] {
            let (probe, mut service) = duplex(64);
            let mut probe = Gather::new(probe);
            probe.write_all(b"finished").await.unwrap();
            probe.go_on();
            match closes {
                false => probe.flush().await.unwrap(),
                true => probe.shutdown().await.unwrap(),
            }
            assert_eq!(arrived(&mut service).await, "finished");
        }
    }

    #[tokio::test]
    async fn nothing_is_lost_or_held_without_end_where_the_service_is_slow() {
        let (probe, mut service) = duplex(10);
        let mut probe = Gather::new(probe);
        let said: Vec<u8> = (0..HELD_BYTES_MAX).map(|at| (at % 251) as u8).collect();
        let mut heard = vec![0; 3 * said.len()];
        let talking = async {
            probe.write_all(&said).await.unwrap();
            probe.write_all(&said).await.unwrap();
            assert!(probe.held.len() <= HELD_BYTES_MAX);
            probe.go_on();
            probe.write_all(&said).await.unwrap();
            probe.flush().await.unwrap();
        };
        tokio::join!(talking, async { service.read_exact(&mut heard).await.unwrap() });
        assert_eq!(heard, said.repeat(3));
    }
}

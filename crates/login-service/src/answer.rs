//! Responses, and bodies that hang, break, drip or never end.

use std::io;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress};
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use tokio::time::{Interval, interval};

const DRIP_INTERVAL: Duration = Duration::from_millis(100);
const CHUNK_BYTES: usize = 64 * 1024;
const BOMB_BLOCK_BYTES: usize = 1024 * 1024;
const BOMB_BLOCKS: u64 = 100 * 1024 + 1;

pub(crate) type Answer = Response<AnswerBody>;

/// A response's body: a page, whole or with a fault.
pub(crate) enum AnswerBody {
    /// All at once; the length is announced.
    Whole(Option<Bytes>),
    /// A part of the length that was announced, and then nothing more.
    Hanging(Option<Bytes>, u64),
    /// A part of the length that was announced, and then, once that is sent, the connection breaks.
    Cut { part: Option<Bytes>, length: u64, sent: bool },
    /// A byte at a time.
    Dripping(Bytes, Interval),
    /// A beginning, then the same chunk again and again.
    Repeated { first: Option<Bytes>, chunk: Bytes, times: u64 },
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let next = match &mut *self {
            Self::Whole(page) => page.take(),
            Self::Hanging(part, _) => match part.take() {
                Some(part) => Some(part),
                // No waker is kept: only the end of the connection ends this.
                None => return Poll::Pending,
            },
            Self::Cut { part, sent, .. } => match part.take() {
                Some(part) => Some(part),
                None if *sent => {
                    return Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())));
                }
                None => {
                    // The server flushes what it has when a body pauses.
                    *sent = true;
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
            },
            Self::Dripping(rest, pace) if !rest.is_empty() => {
                ready!(pace.poll_tick(context));
                Some(rest.split_to(1))
            }
            Self::Dripping(..) => None,
            Self::Repeated { first, chunk, times } => match first.take() {
                Some(first) => Some(first),
                None if *times > 0 => {
                    *times -= 1;
                    Some(chunk.clone())
                }
                None => None,
            },
        };
        Poll::Ready(next.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(page) => SizeHint::with_exact(page.as_ref().map_or(0, |b| b.len() as u64)),
            Self::Hanging(_, length) | Self::Cut { length, .. } => SizeHint::with_exact(*length),
            Self::Dripping(rest, _) => SizeHint::with_exact(rest.len() as u64),
            Self::Repeated { .. } => SizeHint::default(),
        }
    }
}

impl AnswerBody {
    /// Half of a whole body, and the length of all of it.
    fn halved(self) -> (Option<Bytes>, u64) {
        match self {
            Self::Whole(Some(page)) => (Some(page.slice(..page.len() / 2)), page.len() as u64),
            _ => (None, 1),
        }
    }

    pub(crate) fn hanging(self) -> Self {
        let (part, length) = self.halved();
        Self::Hanging(part, length)
    }

    pub(crate) fn cut(self) -> Self {
        let (part, length) = self.halved();
        Self::Cut { part, length, sent: false }
    }

    pub(crate) fn dripping(self) -> Self {
        match self {
            Self::Whole(Some(page)) => Self::Dripping(page, interval(DRIP_INTERVAL)),
            other => other,
        }
    }
}

/// A page of HTML.
pub(crate) fn html(status: StatusCode, page: String) -> Answer {
    typed(status, "text/html; charset=utf-8", page.into())
}

/// A JSON document.
pub(crate) fn json(status: StatusCode, value: &serde_json::Value) -> Answer {
    typed(status, "application/json", value.to_string().into())
}

/// A redirect.
pub(crate) fn redirect(status: StatusCode, location: &str) -> Answer {
    let answer = html(status, format!("<!DOCTYPE html><title>Moved</title>See {location}.\n"));
    with_header(answer, header::LOCATION, location)
}

/// The answer with one header more; a value that no header can hold is left out.
pub(crate) fn with_header(mut answer: Answer, name: HeaderName, value: &str) -> Answer {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().append(name, value);
    }
    answer
}

/// A page that does not end.
pub(crate) fn endless() -> Answer {
    let chunk = Bytes::from("<p>and so on</p>\n".repeat(CHUNK_BYTES / 17));
    let mut answer = html(StatusCode::OK, String::new());
    *answer.body_mut() = AnswerBody::Repeated { first: None, chunk, times: u64::MAX };
    answer
}

/// A gzip stream of zeros, about a thousandth of what it unpacks to.
pub(crate) fn gzip_bomb() -> Answer {
    const GZIP_HEAD: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let mut answer = html(StatusCode::OK, String::new());
    *answer.body_mut() = AnswerBody::Repeated {
        first: Some(Bytes::from_static(GZIP_HEAD)),
        chunk: BOMB_BLOCK.clone(),
        times: BOMB_BLOCKS,
    };
    with_header(answer, header::CONTENT_ENCODING, "gzip")
}

/// A deflate block that needs nothing before it, so that it can be repeated.
static BOMB_BLOCK: LazyLock<Bytes> = LazyLock::new(|| {
    let mut block = Vec::with_capacity(BOMB_BLOCK_BYTES / 100);
    // The only error is one of misuse; an empty block would still be a valid answer.
    let _ = Compress::new(Compression::best(), false).compress_vec(
        &vec![0; BOMB_BLOCK_BYTES],
        &mut block,
        FlushCompress::Full,
    );
    block.into()
});

fn typed(status: StatusCode, content_type: &'static str, page: Bytes) -> Answer {
    let mut answer = Response::new(AnswerBody::Whole(Some(page)));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

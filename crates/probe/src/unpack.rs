//! Decompression, bounded.

use std::borrow::Cow;
use std::io::{self, Read};

use bytes::Bytes;
use contract::DownCause;
use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use crate::failure::Failure;
use crate::http::BODY_BYTES_MAX;

/// What is offered in `Accept-Encoding`.
pub const ACCEPTED: &str = "gzip, deflate";

/// Encodings that may be laid over one another.
const LAYERS_MAX: usize = 2;

/// Unpacks a body as its `Content-Encoding` says.
pub fn unpack(body: Bytes, encoding: Option<&str>) -> Result<Bytes, Failure> {
    let layers = encoding.unwrap_or_default().split(',').map(str::trim);
    let layers: Vec<&str> = layers.filter(|name| !name.is_empty()).collect();
    if body.is_empty() || layers.iter().all(|name| name.eq_ignore_ascii_case("identity")) {
        return Ok(body);
    }
    if layers.len() > LAYERS_MAX {
        return Err(Failure::down(DownCause::BodyEncoding, "too many encodings"));
    }
    layers.iter().rev().try_fold(body, |body, name| unpack_layer(body, name))
}

fn unpack_layer(body: Bytes, name: &str) -> Result<Bytes, Failure> {
    let packed: &[u8] = &body;
    let is_zlib = packed.first().is_some_and(|first| first & 0x0f == 8);
    match name.to_ascii_lowercase().as_str() {
        "identity" => Ok(body),
        "gzip" | "x-gzip" => read(MultiGzDecoder::new(packed)),
        // Of RFC 9110 it is zlib's; some services send the bare stream.
        "deflate" if is_zlib => read(ZlibDecoder::new(packed)),
        "deflate" => read(DeflateDecoder::new(packed)),
        other => {
            let other: Cow<'_, str> = other.chars().take(20).collect();
            Err(Failure::down(DownCause::BodyEncoding, format!("{other:?} was not asked for")))
        }
    }
}

fn read(unpacked: impl Read) -> Result<Bytes, Failure> {
    let mut out = Vec::new();
    let read: io::Result<usize> = unpacked.take(BODY_BYTES_MAX as u64 + 1).read_to_end(&mut out);
    match read {
        Ok(n) if n > BODY_BYTES_MAX => Err(Failure::down(
            DownCause::BodyTooLarge,
            format!("over {BODY_BYTES_MAX} bytes when unpacked"),
        )),
        Ok(_) => Ok(out.into()),
        Err(e) => Err(Failure::down(DownCause::BodyEncoding, e.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use contract::Outcome;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn gzip(text: &[u8]) -> Bytes {
        let mut out = GzEncoder::new(Vec::new(), Compression::default());
        out.write_all(text).unwrap();
        out.finish().unwrap().into()
    }

    #[test]
    fn what_was_asked_for_is_unpacked() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(b"Logga ut").unwrap();
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::default());
        bare.write_all(b"Logga ut").unwrap();
        for (body, encoding) in [
            (gzip(b"Logga ut"), "gzip"),
            (gzip(b"Logga ut"), "GZIP"),
            (gzip(&gzip(b"Logga ut")), "gzip, gzip"),
            (zlib.finish().unwrap().into(), "deflate"),
            (bare.finish().unwrap().into(), "deflate"),
            (Bytes::from_static(b"Logga ut"), "identity"),
            (Bytes::from_static(b"Logga ut"), ""),
        ] {
            assert_eq!(unpack(body, Some(encoding)).unwrap(), "Logga ut", "{encoding}");
        }
        assert_eq!(unpack(Bytes::new(), Some("gzip")).unwrap(), "");
    }

    #[test]
    fn rubbish_and_bombs_are_refused() {
        let cause = |body: Bytes, encoding| unpack(body, Some(encoding)).unwrap_err().outcome;
        let encoding = Outcome::Down(DownCause::BodyEncoding);
        assert_eq!(cause(Bytes::from_static(b"not gzip"), "gzip"), encoding);
        assert_eq!(cause(gzip(b"cut off here").slice(..15), "gzip"), encoding);
        assert_eq!(cause(Bytes::from_static(b"x"), "br"), encoding);
        assert_eq!(cause(gzip(b"x"), "gzip, gzip, gzip"), encoding);
        assert_eq!(cause(gzip(b""), "deflate, gzip"), encoding);
        let bomb = gzip(&vec![0; BODY_BYTES_MAX + 1]);
        assert!(bomb.len() < 10_000);
        assert_eq!(cause(bomb, "gzip"), Outcome::Down(DownCause::BodyTooLarge));
    }
}

//! Opens WebM as browsers record it: Segment and Clusters of unknown size, no Duration, no Cues.
//!
//! Such a file never says how long it is, so its length cannot show that some of it is missing.
//! Its structure can: a recorder writes whole elements, and a file that was cut in transfer stops
//! inside one. (A cut that falls exactly between two elements leaves a valid, shorter file, and
//! nothing in it tells.) Symphonia reads past that question, hence [`is_cut_off`].

use std::io::Cursor;

use symphonia::core::formats::FormatOptions;
use symphonia::core::io::{MediaSourceStream, ReadOnlySource};
use symphonia::default::formats::MkvReader;

use crate::source::{Source, malformed};
use crate::{Container, DecodeError};

pub(crate) fn open(bytes: &[u8]) -> Result<Source<'_>, DecodeError> {
    // As a stream: a known file length would make symphonia drop a Segment that claims more.
    let stream =
        MediaSourceStream::new(Box::new(ReadOnlySource::new(Cursor::new(bytes))), Default::default());
    let reader = MkvReader::try_new(stream, FormatOptions::default())
        .map_err(|error| malformed(Container::Webm, &error))?;

    Source::new(Container::Webm, Box::new(reader), is_cut_off(bytes))
}

const SEGMENT: u32 = 0x1853_8067;
const CLUSTER: u32 = 0x1f43_b675;

/// Whether the file ends inside an element, or before the end that one of them announces.
///
/// The elements that hold others and may be of unknown size, Segment and Cluster, are entered; all
/// others are stepped over. So the walk needs no stack: it is at the start of some element always.
fn is_cut_off(bytes: &[u8]) -> bool {
    let mut at = 0;
    while at < bytes.len() {
        let Some(element) = Element::read(&bytes[at..]) else {
            return true;
        };
        let left = (bytes.len() - at - element.header_len) as u64;
        if element.size.is_some_and(|size| size > left) {
            return true;
        }
        at += element.header_len;
        match (element.id, element.size) {
            (SEGMENT | CLUSTER, _) => {}
            (_, Some(size)) => at += size as usize,
            (_, None) => return true,
        }
    }
    false
}

/// The head of an EBML element (RFC 8794).
struct Element {
    id: u32,
    /// `None` is "unknown": the element ends where one begins that cannot be its child.
    size: Option<u64>,
    header_len: usize,
}

impl Element {
    fn read(bytes: &[u8]) -> Option<Self> {
        let id_len = length_of_number(*bytes.first()?).filter(|&len| len <= 4)?;
        let id = big_endian(bytes.get(..id_len)?);

        let size = bytes.get(id_len..)?;
        let size_len = length_of_number(*size.first()?)?;
        let value_bits = 7 * size_len as u32;
        let all_ones = (1 << value_bits) - 1;
        let size = big_endian(size.get(..size_len)?) & all_ones;

        Some(Self { id: id as u32, size: (size != all_ones).then_some(size), header_len: id_len + size_len })
    }
}

/// A number of n bytes begins with n - 1 zero bits and a one.
fn length_of_number(first_byte: u8) -> Option<usize> {
    let len = first_byte.leading_zeros() as usize + 1;
    (len <= 8).then_some(len)
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, &byte| value << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An EBML header, a Segment and a Cluster of unknown size, and in it two blocks of 3 bytes.
    const STREAM: &[u8] = &[
        0x1a, 0x45, 0xdf, 0xa3, 0x80, // EBML header, empty
        0x18, 0x53, 0x80, 0x67, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, // Segment, unknown
        0x1f, 0x43, 0xb6, 0x75, 0xff, // Cluster, unknown
        0xa3, 0x83, 1, 2, 3, // SimpleBlock
        0xa3, 0x40, 0x03, 4, 5, 6, // SimpleBlock, its size in two bytes
    ];

    #[test]
    fn a_stream_of_unknown_size_may_end_after_any_whole_element() {
        let complete: Vec<usize> = (1..=STREAM.len()).filter(|&len| !is_cut_off(&STREAM[..len])).collect();

        assert_eq!(complete, [5, 17, 22, 27, 33]);
    }

    #[test]
    fn a_known_size_must_be_there_in_full() {
        let segment_of = |size: u8| [&[0x18, 0x53, 0x80, 0x67, 0x80 | size][..], &STREAM[17..]].concat();

        assert!(!is_cut_off(&segment_of(16)));
        assert!(is_cut_off(&segment_of(17)));
    }

    #[test]
    fn what_is_no_element_counts_as_a_cut() {
        for rubbish in [&[0x00, 0x80][..], &[0xa3, 0x00, 0x00], &[0xa3, 0xff, 1, 2]] {
            assert!(is_cut_off(&[STREAM, rubbish].concat()), "{rubbish:x?}");
        }
    }
}

//! Opens MP4: with the index in front or behind, or in fragments as `MediaRecorder` writes it.
//!
//! Symphonia believes the index of a file. So the part of it with which a few bytes could keep
//! symphonia busy for hours, or make it panic, is looked at here first.
//!
//! Symphonia does not apply edit lists: the encoder's delay (21 to 80 ms of near silence) stays at
//! the front. Whisper does not mind.

use std::borrow::Cow;
use std::io::Cursor;

use symphonia::core::formats::FormatOptions;
use symphonia::core::io::MediaSourceStream;
use symphonia::default::formats::IsoMp4Reader;

use crate::boxes::{Mp4Box, boxes_in};
use crate::source::{Source, malformed};
use crate::{Container, DecodeError};

pub(crate) fn open(bytes: &[u8]) -> Result<Source<'_>, DecodeError> {
    if !is_in_proportion(bytes) {
        let reason = "its index is out of proportion".to_owned();
        return Err(DecodeError::Malformed { container: Container::Mp4, reason });
    }
    let cut = boxes_in(bytes).find(|it| it.is_cut);
    let mended = mend(bytes, cut.as_ref());
    let stream = MediaSourceStream::new(Box::new(Cursor::new(mended)), Default::default());
    let reader = IsoMp4Reader::try_new(stream, FormatOptions::default())
        .map_err(|error| malformed(Container::Mp4, &error))?;

    Source::new(Container::Mp4, Box::new(reader), cut.is_some())
}

/// Makes a box that was cut reach to the end of the file. Symphonia drops one that claims more, and
/// the sound that is in it.
fn mend<'a>(bytes: &'a [u8], cut: Option<&Mp4Box<'_>>) -> Cow<'a, [u8]> {
    const TO_THE_END: [u8; 4] = [0; 4];
    let mut bytes = Cow::Borrowed(bytes);
    if let Some(cut) = cut.filter(|cut| cut.bytes.len() >= 8) {
        bytes.to_mut()[cut.start..cut.start + 4].copy_from_slice(&TO_THE_END);
    }
    bytes
}

/// A fragment is two boxes and lasts a tenth of a second at the least, so three minutes need 3,600.
/// Symphonia searches the fragments from the first, again for each one.
const MAX_BOXES: usize = 10_000;
/// Three minutes of packets take 300 KB. Symphonia goes through the index again for each packet.
const MAX_INDEX_BYTES: usize = 1024 * 1024;
/// Three minutes of AAC at 96 kHz are 17,000 packets.
const MAX_FRAGMENT_PACKETS: u64 = 100_000;

fn is_in_proportion(file: &[u8]) -> bool {
    let mut packets = 0;
    boxes_in(file).count() <= MAX_BOXES
        && boxes_in(file).filter(is_index).all(|index| index.bytes.len() <= MAX_INDEX_BYTES)
        && boxes_in(file)
            .filter(|it| &it.kind == b"moof")
            .flat_map(|moof| boxes_in(moof.body))
            .filter(|it| &it.kind == b"traf")
            .flat_map(|traf| boxes_in(traf.body))
            .all(|part| match &part.kind {
                b"tfhd" => base_offset(part.body) <= file.len() as u64,
                b"trun" => run_len(part.body).is_some_and(|len| {
                    packets += u64::from(len);
                    packets <= MAX_FRAGMENT_PACKETS
                }),
                _ => true,
            })
}

fn is_index(it: &Mp4Box<'_>) -> bool {
    matches!(&it.kind, b"moov" | b"moof")
}

/// Where a fragment says that its packets begin; 0 when it does not say. The fields are flags, the
/// track's number and, if flag 1 is set, the offset.
fn base_offset(track_fragment_header: &[u8]) -> u64 {
    match track_fragment_header {
        [_, _, _, flags, _, _, _, _, rest @ ..] if flags & 1 != 0 => {
            rest.first_chunk().map_or(0, |&offset| u64::from_be_bytes(offset))
        }
        _ => 0,
    }
}

/// How many packets a run says it has. The fields are flags, that count, an offset if flag 1 is
/// set, and what is special about the first packet if flag 4 is set.
///
/// `None` for a run that begins before its fragment, or one with a first packet that claims to have
/// a size or duration of its own, by bits that mean something else there: symphonia panics on both.
fn run_len(run: &[u8]) -> Option<u32> {
    let flags = run.get(3)?;
    let (&len, mut rest) = run.get(4..)?.split_first_chunk()?;
    if flags & 1 != 0 {
        let (&offset, after) = rest.split_first_chunk()?;
        if i32::from_be_bytes(offset) < 0 {
            return None;
        }
        rest = after;
    }
    if flags & 4 != 0 {
        let first_packet_flags = u32::from_be_bytes(*rest.first_chunk()?);
        if first_packet_flags & 0x300 != 0 {
            return None;
        }
    }
    Some(u32::from_be_bytes(len))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boxes::a_box;

    fn file(more: &[u8]) -> Vec<u8> {
        [&a_box(b"ftyp", b"isom"), more].concat()
    }

    fn fragment(part: &[u8; 4], fields: &[u32]) -> Vec<u8> {
        let body: Vec<u8> = fields.iter().flat_map(|field| field.to_be_bytes()).collect();
        file(&a_box(b"moof", &a_box(b"traf", &a_box(part, &body))))
    }

    #[test]
    fn an_index_of_unlikely_size_is_refused() {
        let long = file(&a_box(b"moov", &[0; 2_000_000]));
        let many = file(&a_box(b"moof", b"").repeat(20_000));

        for file in [long, many] {
            let error = open(&file).err().unwrap();

            assert!(error.to_string().contains("out of proportion"), "{error}");
        }
    }

    #[test]
    fn a_run_that_is_possible_is_let_through() {
        assert!(is_in_proportion(&fragment(b"trun", &[0, 100])));
        assert!(is_in_proportion(&fragment(b"trun", &[0x0300_0005, 100, 64, 0x0200_0000])));
        assert!(is_in_proportion(&fragment(b"tfhd", &[1, 1, 0, 20])));
    }

    #[test]
    fn a_run_that_would_upset_symphonia_is_refused() {
        let endless = fragment(b"trun", &[0, u32::MAX]);
        let before_its_fragment = fragment(b"trun", &[1, 1, 0xffff_ffff]);
        let odd_first_packet = fragment(b"trun", &[4, 1, 0x100]);
        let without_its_fields = fragment(b"trun", &[1, 1]);
        let beyond_the_file = fragment(b"tfhd", &[1, 1, u32::MAX, 0]);

        for file in [endless, before_its_fragment, odd_first_packet, without_its_fields, beyond_the_file] {
            assert!(!is_in_proportion(&file), "{file:?}");
        }
    }

    #[test]
    fn a_cut_box_is_mended_to_reach_to_the_end() {
        let mut file = file(&a_box(b"mdat", b"12345678"));
        file.truncate(24);
        let cut = boxes_in(&file).find(|it| it.is_cut);

        let mended = mend(&file, cut.as_ref());

        assert_eq!(mended[12..], *b"\0\0\0\0mdat1234");
    }
}

//! The boxes that an MP4 is made of, as far as they must be looked at before symphonia does.

/// One box.
#[derive(Debug, PartialEq)]
pub(crate) struct Mp4Box<'a> {
    pub(crate) kind: [u8; 4],
    /// Where it begins, counted from the start of what holds it.
    pub(crate) start: usize,
    /// The whole box or what is there of it.
    pub(crate) bytes: &'a [u8],
    /// What comes after its header.
    pub(crate) body: &'a [u8],
    /// Whether it claims more bytes than there are.
    pub(crate) is_cut: bool,
}

/// The boxes that follow each other in `bytes`: a file, or the body of a box that holds others.
/// They cover `bytes` to the end; what is no box is the last one, and cut.
pub(crate) fn boxes_in(bytes: &[u8]) -> impl Iterator<Item = Mp4Box<'_>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = bytes.get(start..).filter(|rest| !rest.is_empty())?;
        let next = first_box(rest, start);
        start += next.bytes.len();
        Some(next)
    })
}

fn first_box(rest: &[u8], start: usize) -> Mp4Box<'_> {
    let size = header(rest).filter(|&(size, _)| size <= rest.len());
    let (len, header_len) = size.unwrap_or((rest.len(), 8));
    Mp4Box {
        kind: rest.get(4..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default(),
        start,
        bytes: &rest[..len],
        body: rest.get(header_len..len).unwrap_or_default(),
        is_cut: size.is_none(),
    }
}

/// The size of a box, its header included, and the length of that header.
fn header(bytes: &[u8]) -> Option<(usize, usize)> {
    let size = u32::from_be_bytes(*bytes.first_chunk()?);
    let (size, header_len) = match size {
        0 => (bytes.len(), 8),
        1 => (u64::from_be_bytes(*bytes.get(8..)?.first_chunk()?).try_into().ok()?, 16),
        size => (size as usize, 8),
    };
    (size >= header_len).then_some((size, header_len))
}

/// A box for tests.
#[cfg(test)]
pub(crate) fn a_box(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let size = 8 + body.len() as u32;
    [&size.to_be_bytes()[..], kind, body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sized(size: u32, body: &[u8]) -> Vec<u8> {
        [&size.to_be_bytes()[..], b"mdat", body].concat()
    }

    #[test]
    fn boxes_follow_each_other() {
        let file = [a_box(b"ftyp", b"isom"), a_box(b"free", b"")].concat();

        let read: Vec<_> = boxes_in(&file).collect();

        let ftyp = Mp4Box { kind: *b"ftyp", start: 0, bytes: &file[..12], body: b"isom", is_cut: false };
        let free = Mp4Box { kind: *b"free", start: 12, bytes: &file[12..], body: b"", is_cut: false };
        assert_eq!(read, [ftyp, free]);
    }

    #[test]
    fn a_box_may_reach_to_the_end_or_count_in_64_bits() {
        let in_64_bits = [&20u64.to_be_bytes()[..], b"1234"].concat();
        for file in [sized(0, b"1234"), sized(1, &in_64_bits)] {
            let read: Vec<_> = boxes_in(&file).map(|it| (it.body, it.is_cut)).collect();

            assert_eq!(read, [(&b"1234"[..], false)]);
        }
    }

    #[test]
    fn a_box_beyond_the_end_or_smaller_than_its_header_is_cut() {
        for size in [1, 7, 13, u32::MAX] {
            let file = sized(size, b"1234");

            assert_eq!(boxes_in(&file).map(|it| it.is_cut).collect::<Vec<_>>(), [true], "{size}");
        }
    }
}

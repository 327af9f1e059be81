//! Safety codes on one screen, read by a QR reader that shares nothing with what drew them.
#![cfg(feature = "qr")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
// a test fails by panicking

use std::num::NonZeroU8;

use sealpost::*;

fn participant(number: u64, byte: u8) -> Participant {
    let identity = Identity::dangerous_from_private_keys(Suite::X25519, &[byte; 64]).unwrap();
    let user = UserId::new(number).unwrap();
    *identity.registered(user, PublicKeyVersion::new(5)).participant()
}

/// The shortest, a usual and the longest one.
fn codes() -> [SafetyCode; 3] {
    let most = 9_999_999_999_999_999_999;
    [(1, 2), (1_900_000_000_000_000_001, 42), (most, most - 1)]
        .map(|(one, other)| SafetyCode::of(&participant(one, 1), &participant(other, 2)))
}

/// Rows of pixels, `true` where they are dark.
type Image = Vec<Vec<bool>>;

fn read_png(file: &[u8]) -> Image {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.color_type), (info.height, png::ColorType::Grayscale));
    pixels.chunks(info.line_size).map(|row| row.iter().map(|grey| *grey == 0).collect()).collect()
}

/// What a terminal would show, with pixels of its own.
fn read_terminal(text: &str) -> Image {
    let mut image = Image::new();
    for line in text.lines() {
        let blocks = line.strip_prefix("\u{1b}[38;5;16;48;5;231m").unwrap();
        let blocks = blocks.strip_suffix("\u{1b}[0m").unwrap();
        let half = |[one, both]: [char; 2]| {
            let is_dark = |block| block == one || block == both;
            let row = blocks.chars().flat_map(|block| [is_dark(block); 5]);
            vec![row.collect::<Vec<bool>>(); 5]
        };
        assert!(blocks.chars().all(|block| " ▀▄█".contains(block)), "{blocks}");
        image.extend(half(['▀', '█']));
        image.extend(half(['▄', '█']));
    }
    image
}

fn scan(image: &Image) -> Result<SafetyCode, SafetyCodeError> {
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(
        image.first().unwrap().len(),
        image.len(),
        |x, y| {
            if *image.get(y).and_then(|row| row.get(x)).unwrap() { 0 } else { 255 }
        },
    );
    let grids = prepared.detect_grids();
    assert_eq!(grids.len(), 1);
    let (_, text) = grids.first().unwrap().decode().unwrap();
    text.parse()
}

#[test]
fn a_reader_reads_what_was_drawn() {
    let mut read = 0;
    for code in codes() {
        let qr = SafetyQr::of(&code).unwrap();
        assert_eq!(scan(&read_terminal(&qr.to_terminal())), Ok(code));
        for module in [2, 3, 8, 13] {
            let file = qr.to_png(NonZeroU8::new(module).unwrap()).unwrap();
            assert_eq!(scan(&read_png(&file)), Ok(code), "{module}");
            read += 1;
        }
    }
    assert_eq!(read, 12);
}

#[test]
fn sizes_and_borders_are_as_said() {
    let mut sides = Vec::new();
    for code in codes() {
        let qr = SafetyQr::of(&code).unwrap();
        let image = read_png(&qr.to_png(NonZeroU8::new(8).unwrap()).unwrap());
        sides.push(image.len());
        let is_dark = |side: &[Vec<bool>]| side.iter().flatten().any(|dark| *dark);
        let (above, below) = (image.get(..32).unwrap(), image.get(image.len() - 32..).unwrap());
        assert!(!is_dark(above) && !is_dark(below));
        let ends =
            |row: &Vec<bool>| [row.get(..32).unwrap(), row.get(row.len() - 32..).unwrap()].concat();
        assert!(!is_dark(&image.iter().map(ends).collect::<Image>()));
        let terminal = qr.to_terminal();
        let columns = read_terminal(&terminal).first().unwrap().len() / 5;
        let modules = image.len() / 8;
        assert_eq!((columns, terminal.lines().count()), (modules, modules.div_ceil(2)));
        // Nothing to see for whoever logs it.
        assert!(format!("{qr:?}").starts_with("SafetyQr("));
        let smallest = qr.to_png(NonZeroU8::MIN).unwrap();
        assert_eq!(read_png(&smallest).len() * 8, image.len());
    }
    assert_eq!(sides, [328, 328, 360]);
}

#[test]
fn two_screens_compare() {
    let [alice, bob, false_bob] = [(1, 1), (2, 2), (2, 3)].map(|(n, byte)| participant(n, byte));
    let on_alices = SafetyCode::of(&alice, &bob);
    let shown = |code: &SafetyCode| {
        let file = SafetyQr::of(code).unwrap().to_png(NonZeroU8::new(4).unwrap()).unwrap();
        scan(&read_png(&file)).unwrap()
    };
    let on_bobs = shown(&SafetyCode::of(&bob, &alice));
    assert_eq!(on_alices.compare(&on_bobs), SafetyComparison::Match);
    let deceived = SafetyCode::of(&alice, &false_bob);
    assert_eq!(deceived.compare(&on_bobs), SafetyComparison::Mismatch);
    assert_eq!(on_alices.compare(&shown(&on_alices)), SafetyComparison::OwnCode);
}

/// Any other QR code that a camera may see.
#[test]
fn another_qr_code_is_no_safety_code() {
    for (text, code) in [
        ("https://example.com/", "safety_code.not_a_code"),
        ("SEALPOST:SAFETY:1:1:", "safety_code.not_a_code"),
        ("SEALPOST:SAFETY:2:ANYTHING", "safety_code.newer"),
    ] {
        let qr = qrcode::QrCode::new(text).unwrap();
        let modules = qr.to_colors();
        let row = |row: &[qrcode::Color]| {
            let dark = row.iter().flat_map(|color| [*color == qrcode::Color::Dark; 4]);
            let quiet = || std::iter::repeat_n(false, 16);
            vec![quiet().chain(dark).chain(quiet()).collect::<Vec<bool>>(); 4]
        };
        let light = || std::iter::repeat_n(vec![false; qr.width() * 4 + 32], 16);
        let rows = modules.chunks(qr.width()).flat_map(row);
        let image: Image = light().chain(rows).chain(light()).collect();
        assert_eq!(scan(&image).unwrap_err().code(), code);
    }
}

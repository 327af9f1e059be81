//! Safety codes as QR codes, for a screen or a terminal.

use std::fmt;
use std::iter::{once, repeat_n};
use std::num::NonZeroU8;

use qrcode::render::unicode::Dense1x2;
use qrcode::{Color, EcLevel, QrCode};

use crate::SafetyCode;

/// The light border that readers need, in modules (ISO/IEC 18004 section 9.1).
const QUIET_ZONE: usize = 4;
/// Black on white, whatever a terminal's own colours are.
const COLOURS: &str = "\u{1b}[38;5;16;48;5;231m";
const OWN_COLOURS: &str = "\u{1b}[0m";

/// A QR code of a [`SafetyCode`], to be scanned from this device's screen (feature `qr`).
///
/// What a scanner reads from the other one's is parsed and compared with
/// [`SafetyCode::from_str`](std::str::FromStr::from_str) and [`SafetyCode::compare`].
pub struct SafetyQr(QrCode);

impl SafetyQr {
    /// Makes the QR code of a safety code.
    ///
    /// # Errors
    /// [`SafetyQrError`], which nothing leads to: every safety code fits.
    pub fn of(code: &SafetyCode) -> Result<Self, SafetyQrError> {
        QrCode::with_error_correction_level(code.to_string(), EcLevel::M)
            .map(Self)
            .map_err(|_| SafetyQrError)
    }

    /// A PNG file, black on white with its border. `module` is the side of one of the QR code's
    /// squares in pixels: with 8 the image is 328 or 360 pixels wide.
    ///
    /// # Errors
    /// [`SafetyQrError`], if the encoder fails.
    pub fn to_png(&self, module: NonZeroU8) -> Result<Vec<u8>, SafetyQrError> {
        let module = usize::from(module.get());
        let width = self.0.width();
        let border = || repeat_n(false, QUIET_ZONE * module);
        let light_row = pack(repeat_n(false, (width + 2 * QUIET_ZONE) * module));
        let colors = self.0.to_colors();
        let rows = colors.chunks(width).flat_map(|row| {
            let dark = row.iter().flat_map(|color| repeat_n(*color == Color::Dark, module));
            repeat_n(pack(border().chain(dark).chain(border())), module)
        });
        let light_rows = || repeat_n(light_row.clone(), QUIET_ZONE * module);
        let pixels: Vec<u8> = light_rows().chain(rows).chain(light_rows()).flatten().collect();

        let side = u32::try_from((width + 2 * QUIET_ZONE) * module).map_err(|_| SafetyQrError)?;
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, side, side);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        let mut writer = encoder.write_header().map_err(|_| SafetyQrError)?;
        writer.write_image_data(&pixels).map_err(|_| SafetyQrError)?;
        writer.finish().map_err(|_| SafetyQrError)?;
        Ok(file)
    }

    /// Lines for a terminal of UTF-8 and 256 colours: each character is two modules, one above the
    /// other. At most 45 columns and 23 lines.
    #[must_use]
    pub fn to_terminal(&self) -> String {
        let blocks = self.0.render::<Dense1x2>().quiet_zone(true).module_dimensions(1, 1).build();
        let lines = blocks.lines().flat_map(|line| [COLOURS, line, OWN_COLOURS, "\n"]);
        lines.collect()
    }
}

/// One row of pixels, eight in a byte; what is light is 1.
fn pack(dark: impl Iterator<Item = bool>) -> Vec<u8> {
    let dark: Vec<bool> = dark.collect();
    let byte = |pixels: &[bool]| {
        let light = pixels.iter().map(|dark| u8::from(!dark)).chain(once(0).cycle());
        light.take(8).fold(0, |byte, light| byte << 1 | light)
    };
    dark.chunks(8).map(byte).collect()
}

impl fmt::Debug for SafetyQr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SafetyQr({0} by {0} modules)", self.0.width())
    }
}

/// A QR code could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the QR code of the safety code could not be made")]
pub struct SafetyQrError;

impl SafetyQrError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "safety_qr.failed"
    }
}

//! A PDF's pages: how many, how large, and what they look like.

use std::sync::Arc;
use std::time::Duration;

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_interpret::util::TransformExt;
use hayro::hayro_syntax::page::Page;
use hayro::hayro_syntax::{LoadPdfError, Pdf};
use hayro::kurbo::Affine;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::vello_cpu::{Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit};
use hayro::{RenderCache, RenderSettings, render_into};

use crate::guard::guarded;
use crate::reading::{self, Reading};
use crate::text::check_page;
use crate::weight;

/// An opened PDF. Cheap to clone; may be used from several threads at once.
///
/// ```
/// use utpost_letters::{Pages, sample};
/// let pages = Pages::open(sample::letter(&["Hei"]))?;
/// assert_eq!(pages.count(), 1);
/// assert_eq!(pages.draw(1, 400)?.width, 400);
/// # Ok::<(), utpost_letters::Unshown>(())
/// ```
#[derive(Clone)]
pub struct Pages {
    pdf: Arc<Pdf>,
    sizes: Vec<PageSize>,
}

/// How large a page is seen: its crop box, turned as the page says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PageSize {
    /// Millimetres.
    pub width_mm: f64,
    /// Millimetres.
    pub height_mm: f64,
}

/// A page drawn on white.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// A PNG file, eight bits each of red, green and blue.
    pub png: Vec<u8>,
    /// In points of the picture.
    pub width: u32,
    /// In points of the picture.
    pub height: u32,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} × {})", self.width, self.height)
    }
}

/// Why pages can't be shown. A letter may be sent all the same: this says nothing of other readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unshown {
    /// The library can't make sense of it, or failed over it.
    #[error("the PDF can't be read")]
    Unreadable,
    /// Encrypted with a password.
    #[error("the PDF is locked")]
    Locked,
    /// It has fewer pages.
    #[error("no such page")]
    NoSuchPage,
    /// It would swell to more memory than a letter needs.
    #[error("the PDF takes too much memory")]
    TooHeavy,
    /// It did not get done within some seconds.
    #[error("the page takes too long")]
    TooSlow,
}

impl Pages {
    /// Narrowest picture [`Pages::draw`] makes, in points.
    pub const NARROWEST: u32 = 40;
    /// Widest picture [`Pages::draw`] makes, in points.
    pub const WIDEST: u32 = 2400;
    /// Highest picture [`Pages::draw`] makes; a page narrow and high gets a narrower one instead.
    pub const HIGHEST: u32 = 4800;

    /// Opens a PDF. Takes at most five seconds, some milliseconds for a letter.
    pub fn open(pdf: impl Into<Arc<[u8]>>) -> Result<Self, Unshown> {
        let pdf = pdf.into();
        guarded(OPENING, move |_| {
            weight::check_streams(&pdf)?;
            let pdf = Pdf::new(Arc::new(pdf)).map_err(|fault| match fault {
                LoadPdfError::Decryption(_) => Unshown::Locked,
                LoadPdfError::Invalid => Unshown::Unreadable,
            })?;
            weight::check_objects(&pdf)?;
            let sizes: Vec<PageSize> = pdf.pages().iter().map(PageSize::of).collect();
            if sizes.is_empty() {
                return Err(Unshown::Unreadable);
            }
            Ok(Self {
                pdf: Arc::new(pdf),
                sizes,
            })
        })
    }

    /// How many there are, at least one.
    pub fn count(&self) -> usize {
        self.sizes.len()
    }

    /// Their sizes, in order.
    pub fn sizes(&self) -> &[PageSize] {
        &self.sizes
    }

    /// Draws a page, counted from 1, at most six seconds long. `width_px` is moved into the bounds
    /// of [`Pages::NARROWEST`] and [`Pages::WIDEST`]. Text in one of the 14 standard fonts is shown
    /// in fonts of the program; annotations are shown as on screen.
    pub fn draw(&self, page: usize, width_px: u32) -> Result<Picture, Unshown> {
        let index = page.checked_sub(1).ok_or(Unshown::NoSuchPage)?;
        let pdf = Arc::clone(&self.pdf);
        guarded(DRAWING, move |deadline| {
            let page = pdf.pages().get(index).ok_or(Unshown::NoSuchPage)?;
            check_page(page, deadline)?;
            deadline.check();
            draw_page(page, width_px)
        })
    }

    /// Reads what the letter says of itself: at most five seconds. Nothing found, as in scanned
    /// letters, is no error, and neither is a page that can't be read.
    pub fn read(&self) -> Reading {
        let pdf = Arc::clone(&self.pdf);
        guarded(READING, move |deadline| {
            Ok(reading::read_pdf(&pdf, deadline))
        })
        .unwrap_or_default()
    }
}

impl PageSize {
    fn of(page: &Page<'_>) -> Self {
        let (width, height) = page.render_dimensions();
        Self {
            width_mm: f64::from(width) * MM,
            height_mm: f64::from(height) * MM,
        }
    }
}

/// Millimetres in a PDF's unit, 1/72 inch.
pub(crate) const MM: f64 = 25.4 / 72.0;

const OPENING: Duration = Duration::from_secs(5);
const DRAWING: Duration = Duration::from_secs(6);
const READING: Duration = Duration::from_secs(5);

fn draw_page(page: &Page<'_>, width_px: u32) -> Result<Picture, Unshown> {
    let (page_width, page_height) = page.render_dimensions();
    let (page_width, page_height) = (f64::from(page_width), f64::from(page_height));
    let width = f64::from(width_px.clamp(Pages::NARROWEST, Pages::WIDEST));
    let scale = (width / page_width).min(f64::from(Pages::HIGHEST) / page_height);
    if !(scale.is_finite() && scale > 0.0) {
        return Err(Unshown::Unreadable);
    }
    // Both are at least one and within the bounds above.
    let width = (page_width * scale).round().max(1.0) as u16;
    let height = (page_height * scale).round().max(1.0) as u16;

    let mut context = RenderContext::new(width, height);
    let transform = Affine::scale_non_uniform(
        f64::from(width) / page_width,
        f64::from(height) / page_height,
    ) * page.initial_transform(true).to_kurbo();
    render_into(
        page,
        &RenderCache::new(),
        &InterpreterSettings::default(),
        &RenderSettings::default(),
        &mut context,
        transform,
    );
    context.flush();
    let mut pixels = Pixmap::new(width, height);
    context.render_with(
        &mut pixels,
        &mut Resources::default(),
        RasterizerSettings {
            target_init: TargetInit::Clear(WHITE),
            ..Default::default()
        },
    );
    let rgb: Vec<u8> = pixels
        .data()
        .iter()
        .flat_map(|pixel| [pixel.r, pixel.g, pixel.b])
        .collect();
    Ok(Picture {
        png: png(&rgb, width.into(), height.into()).map_err(|_| Unshown::TooHeavy)?,
        width: width.into(),
        height: height.into(),
    })
}

fn png(rgb: &[u8], width: u32, height: u32) -> Result<Vec<u8>, png::EncodingError> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rgb)?;
    writer.finish()?;
    Ok(out)
}

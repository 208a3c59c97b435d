//! A page's text as lines with their places, put together from the single glyphs a PDF draws.

use std::collections::HashSet;

use hayro::hayro_interpret::font::{Glyph, GlyphRun, OutlineGlyph};
use hayro::hayro_interpret::hayro_cmap::{BfString, WritingMode};
use hayro::hayro_interpret::pattern::Pattern;
use hayro::hayro_interpret::util::TransformExt;
use hayro::hayro_interpret::{
    BlendMode, CacheKey, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps,
    InterpreterCache, InterpreterSettings, Paint, RenderContent, SoftMask, interpret_page,
};
use hayro::hayro_syntax::page::Page;
use hayro::kurbo::{Affine, BezPath, Point, Rect};

use crate::Unshown;
use crate::guard::Deadline;
use crate::pages::MM;
use crate::weight::MOST_POINTS;

/// A piece of text on one baseline with no gap as wide as between columns. Millimetres from the
/// page's left and upper edge.
pub(crate) struct Line {
    /// Words parted by single spaces, none at the ends.
    pub(crate) text: String,
    /// Where the first glyph begins.
    pub(crate) left: f64,
    /// The baseline.
    pub(crate) baseline: f64,
    /// The font's size.
    pub(crate) size: f64,
    /// Whether its font calls itself bold. Known for embedded TrueType and CID fonts.
    pub(crate) bold: bool,
}

/// Reads the text that can be seen, upright only, ordered from the top and from the left.
///
/// # Errors
/// [`Unshown::TooHeavy`] for pictures too large to draw. Ends the guarded work at its deadline.
pub(crate) fn page_text(page: &Page<'_>, deadline: Deadline) -> Result<Vec<Line>, Unshown> {
    // What is filled into forms is no part of the letter's text.
    let reader = walk(page, Depth::Text, deadline)?;
    Ok(lines(reader.glyphs, &reader.fonts))
}

/// Goes the way drawing goes, but can be stopped: whatever repeats without end, or draws pictures
/// too large, is found here.
pub(crate) fn check_page(page: &Page<'_>, deadline: Deadline) -> Result<(), Unshown> {
    walk(page, Depth::Everything, deadline).map(|_| ())
}

fn walk(page: &Page<'_>, depth: Depth, deadline: Deadline) -> Result<Reader, Unshown> {
    let (width, height) = page.render_dimensions();
    let paper = Rect::new(0.0, 0.0, f64::from(width) * MM, f64::from(height) * MM);
    let settings = InterpreterSettings {
        render_content: match depth {
            Depth::Text => RenderContent::PAGE,
            Depth::Everything => RenderContent::all(),
        },
        ..Default::default()
    };
    let mut context = Context::new(
        Affine::scale(MM) * page.initial_transform(true).to_kurbo(),
        paper,
        &InterpreterCache::new(),
        page.xref(),
        settings,
    );
    let mut reader = Reader {
        paper,
        depth,
        deadline,
        glyphs: Vec::new(),
        fonts: Vec::new(),
        seen: HashSet::new(),
        masks: 0,
        heavy: false,
    };
    interpret_page(page, &mut context, &mut reader);
    if reader.heavy {
        return Err(Unshown::TooHeavy);
    }
    Ok(reader)
}

/// A page full of small print has some ten thousand.
const MOST_GLYPHS: usize = 200_000;
/// Each mask takes as much memory as the page's picture in grey.
const MOST_MASKS: usize = 100;
/// A gap of so many font sizes parts words; the narrowest space is 0.2.
const WORD_GAP: f64 = 0.16;
/// A gap of so many font sizes parts columns.
const COLUMN_GAP: f64 = 1.5;
/// Baselines this near, in font sizes, are one.
const SAME_BASELINE: f64 = 0.25;

struct Placed {
    character: char,
    left: f64,
    right: f64,
    baseline: f64,
    size: f64,
    /// Index into the fonts, if it was drawn as an outline.
    font: Option<usize>,
}

/// How far to look into a page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// Its text.
    Text,
    /// Annotations, patterns, masks and drawn glyphs too, each once.
    Everything,
}

struct Reader {
    paper: Rect,
    depth: Depth,
    deadline: Deadline,
    glyphs: Vec<Placed>,
    /// The first glyph of each run stands for the run's font.
    fonts: Vec<OutlineGlyph>,
    /// Patterns, masks and drawn glyphs already looked into.
    seen: HashSet<u128>,
    masks: usize,
    heavy: bool,
}

impl Reader {
    fn look_into_mask(&mut self, mask: Option<&SoftMask<'_>>) {
        if let Some(mask) = mask.filter(|_| self.depth == Depth::Everything)
            && self.seen.insert(mask.cache_key())
        {
            self.masks += 1;
            self.heavy |= self.masks > MOST_MASKS;
            mask.interpret(self);
        }
    }

    fn look_into(&mut self, props: &DrawProps<'_>) {
        self.look_into_mask(props.soft_mask.as_ref());
        if let Paint::Pattern(pattern) = &props.paint
            && let Pattern::Tiling(tiling) = &**pattern
            && self.depth == Depth::Everything
            && self.seen.insert(tiling.cache_key())
        {
            tiling.interpret(self, Affine::IDENTITY, false);
        }
    }

    fn place(&mut self, glyph: &Glyph<'_>, transform: Affine, font: Option<usize>) {
        let advance = match glyph {
            Glyph::Outline(glyph) => glyph.advance_width(),
            Glyph::Type3(glyph) => glyph.advance_width(),
        };
        let advance = match advance {
            Some(advance) if advance > 0.0 && advance < 4000.0 => f64::from(advance),
            _ => 500.0,
        };
        // Glyphs are a thousand units high.
        let origin = transform * Point::ZERO;
        let end = transform * Point::new(advance, 0.0);
        let size = (transform * Point::new(0.0, 1000.0) - origin).hypot();
        let upright = end.x > origin.x && (end.y - origin.y).abs() < 0.02 * (end.x - origin.x);
        if !upright || !self.paper.contains(origin) || !(0.5..200.0).contains(&size) {
            return;
        }
        let characters = match glyph.as_unicode() {
            Some(BfString::Char(character)) => vec![character],
            Some(BfString::String(characters)) => characters.chars().take(8).collect(),
            None => vec![char::REPLACEMENT_CHARACTER],
        };
        let step = (end.x - origin.x) / characters.len().max(1) as f64;
        for (at, character) in characters.into_iter().enumerate() {
            self.glyphs.push(Placed {
                character,
                left: origin.x + step * at as f64,
                right: origin.x + step * (at + 1) as f64,
                baseline: origin.y,
                size,
                font,
            });
        }
    }
}

/// Every method looks at the time: whatever a page nests or repeats passes through one of them.
impl<'a> Device<'a> for Reader {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        self.deadline.check();
        if self.depth == Depth::Everything {
            self.look_into(&props);
            for glyph in run.glyphs() {
                if let Glyph::Type3(drawn) = &**glyph
                    && self.seen.insert(drawn.cache_key())
                {
                    drawn.interpret(self, props.transform, glyph.transform(), &props.paint);
                }
            }
            return;
        }
        // Text a scanner's program hid behind its picture may say something else than the picture.
        if matches!(mode, DrawMode::Invisible) || run.writing_mode() == WritingMode::Vertical {
            return;
        }
        if self.glyphs.len() >= MOST_GLYPHS {
            return;
        }
        let font = run.glyphs().first().and_then(|glyph| match &**glyph {
            Glyph::Outline(outline) => {
                self.fonts.push(outline.clone());
                Some(self.fonts.len() - 1)
            }
            Glyph::Type3(_) => None,
        });
        for glyph in run.glyphs() {
            if self.glyphs.len() >= MOST_GLYPHS {
                return;
            }
            self.place(glyph, props.transform * glyph.transform(), font);
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.deadline.check();
        self.look_into_mask(props.soft_mask.as_ref());
        // Pictures within the text of the page are not among the file's objects.
        let points = u64::from(image.width()).saturating_mul(image.height().into());
        self.heavy |= points > MOST_POINTS;
    }

    fn draw_path(&mut self, _: &BezPath, props: DrawProps<'a>, _: &DrawMode) {
        self.deadline.check();
        self.look_into(&props);
    }

    fn draw_rect(&mut self, _: &Rect, props: DrawProps<'a>, _: &DrawMode) {
        self.deadline.check();
        self.look_into(&props);
    }

    fn push_clip_path(&mut self, _: &ClipPath) {
        self.deadline.check();
    }

    fn push_clip_rect(&mut self, _: &Rect) {
        self.deadline.check();
    }

    fn push_transparency_group(&mut self, _: f32, mask: Option<SoftMask<'a>>, _: BlendMode) {
        self.deadline.check();
        self.look_into_mask(mask.as_ref());
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
}

fn lines(mut glyphs: Vec<Placed>, fonts: &[OutlineGlyph]) -> Vec<Line> {
    glyphs.sort_by(|a, b| a.baseline.total_cmp(&b.baseline));
    let mut lines = Vec::new();
    let mut rest = glyphs;
    while let Some(first) = rest.first() {
        let reach = first.baseline + SAME_BASELINE * first.size;
        let end = rest.partition_point(|glyph| glyph.baseline <= reach);
        let tail = rest.split_off(end);
        rest.sort_by(|a, b| a.left.total_cmp(&b.left));
        split_row(&rest, fonts, &mut lines);
        rest = tail;
    }
    lines
}

/// Parts one row of glyphs into lines at the gaps between columns.
fn split_row(row: &[Placed], fonts: &[OutlineGlyph], lines: &mut Vec<Line>) {
    let mut current: Vec<&Placed> = Vec::new();
    let mut end = f64::NEG_INFINITY;
    for glyph in row {
        // Wide spaces are gaps, and gaps make the spaces.
        if glyph.character.is_whitespace() {
            continue;
        }
        // Some programs draw bold text twice, a hair apart.
        let again = current.iter().rev().take(2).any(|last| {
            last.character == glyph.character && (glyph.left - last.left).abs() < 0.1 * glyph.size
        });
        if again {
            continue;
        }
        if glyph.left - end > COLUMN_GAP * glyph.size {
            lines.extend(join(&current, fonts));
            current.clear();
        }
        current.push(glyph);
        end = glyph.right;
    }
    lines.extend(join(&current, fonts));
}

fn join(glyphs: &[&Placed], fonts: &[OutlineGlyph]) -> Option<Line> {
    let first = glyphs.first()?;
    let mut text = String::new();
    let mut end = f64::INFINITY;
    for glyph in glyphs {
        if glyph.left - end > WORD_GAP * glyph.size {
            text.push(' ');
        }
        text.push(glyph.character);
        end = glyph.right;
    }
    Some(Line {
        text,
        left: first.left,
        baseline: first.baseline,
        size: glyphs.iter().map(|glyph| glyph.size).fold(0.0, f64::max),
        bold: first
            .font
            .and_then(|font| fonts.get(font))
            .is_some_and(is_bold),
    })
}

fn is_bold(glyph: &OutlineGlyph) -> bool {
    glyph.font_data().is_some_and(|font| {
        font.weight.is_some_and(|weight| weight >= 600)
            || font
                .postscript_name
                .is_some_and(|name| name.to_lowercase().contains("bold"))
    })
}

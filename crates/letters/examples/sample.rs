//! Writes a sample letter: `sample OUT.pdf LINE…`, or `sample --bytes N OUT.pdf` for a large one.

use std::error::Error;
use std::fs::{self, File};
use std::io::BufWriter;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["--bytes", bytes, out] => {
            utpost_letters::sample::of_size(BufWriter::new(File::create(out)?), bytes.parse()?)?;
        }
        [out, lines @ ..] => fs::write(out, utpost_letters::sample::letter(lines))?,
        [] => return Err("usage: sample OUT.pdf LINE… | sample --bytes N OUT.pdf".into()),
    }
    Ok(())
}

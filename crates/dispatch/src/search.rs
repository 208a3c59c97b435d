//! Finding letters again.

/// Which letters are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Filter {
    /// That have left, or were turned away when they tried to.
    All,
    /// That a person must look at.
    FollowUp,
    /// That arrived: in the mailbox, opened, or handed over to the post.
    Delivered,
    /// Opened by the citizen.
    Opened,
    /// In the mailbox and not opened.
    NotOpened,
    /// That came back.
    Returned,
    /// Refused or failed.
    Failed,
    /// Given up before they were sent.
    Cancelled,
}

/// A search among the letters.
#[derive(Debug, Clone)]
pub struct Query {
    words: Vec<String>,
    /// Among which.
    pub filter: Filter,
    /// At most so many rows.
    pub limit: u32,
}

impl Query {
    /// Looks for every word of `text` in title, recipient's name, person number and date.
    #[must_use]
    pub fn new(text: &str, filter: Filter, limit: u32) -> Self {
        let mut words: Vec<String> = fold(text).split_whitespace().map(str::to_owned).collect();
        words.sort_unstable();
        words.dedup();
        words.truncate(MOST_WORDS);
        Self {
            words,
            filter,
            limit,
        }
    }

    /// The words as they stand in folded text, each once.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }
}

/// More than a letter has; a database can't take any number.
const MOST_WORDS: usize = 200;

/// Text as it is compared in searches: small letters without accents, `æ` as `ae`, `ø` as `o`, `å`
/// as `a`, so that what is typed on any keyboard is found.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.chars().flat_map(char::to_lowercase) {
        match plain(character) {
            Some(plain) => folded.push_str(plain),
            None => folded.push(character),
        }
    }
    folded
}

/// What a small letter of the Latin script is without its accents; for an accent alone, nothing.
fn plain(character: char) -> Option<&'static str> {
    Some(match character {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ð' | 'ď' | 'đ' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' | 'ǥ' | 'ǧ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' | 'ǐ' => "i",
        'ĵ' => "j",
        'ķ' | 'ǩ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' | 'ŋ' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'ǒ' => "o",
        'œ' => "oe",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'þ' => "th",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ǔ' => "u",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' => "y",
        'ź' | 'ż' | 'ž' | 'ʒ' | 'ǯ' => "z",
        '\u{300}'..='\u{36f}' => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_and_accents_make_no_difference() {
        for (written, typed) in [
            ("Bjørn Ærfugl Ås", "bjorn aerfugl as"),
            ("VEDTAK", "vedtak"),
            ("Émile Żółć Čálliid Ŋiŋgu", "emile zolc calliid ningu"),
            // The same letters, composed and with accents of their own.
            ("A\u{30a}s e\u{301}", "as e"),
            ("Straße İstanbul", "strasse istanbul"),
            ("22.11.2026", "22.11.2026"),
            ("日本", "日本"),
        ] {
            assert_eq!(fold(written), typed);
            assert_eq!(fold(typed), typed);
        }
    }

    #[test]
    fn a_query_is_its_words_each_once() {
        let query = Query::new("  Vedtak\tØst vedtak ", Filter::All, 10);
        assert_eq!(query.words(), ["ost", "vedtak"]);
        assert!(Query::new(" \n", Filter::All, 10).words().is_empty());
        let many: String = (0..5000).map(|n| format!("{n} ")).collect();
        assert_eq!(Query::new(&many, Filter::All, 10).words().len(), 200);
    }
}

use jiff::Span;
use jiff::civil::Date;

/// Whether offices, post and print shops in Norway work on this day: not on Saturdays and Sundays,
/// nor on the public holidays of helligdagsfredloven § 2 and of the law on 1 and 17 May.
pub fn is_working_day(day: Date) -> bool {
    use jiff::civil::Weekday::{Saturday, Sunday};
    !matches!(day.weekday(), Saturday | Sunday) && !is_public_holiday(day)
}

/// The last of so many working days after `day`, which itself does not count. `day` itself for
/// none, or where the calendar ends.
pub fn working_days_after(day: Date, count: u32) -> Date {
    let mut last = day;
    for _ in 0..count {
        let mut next = last.tomorrow();
        while let Ok(day) = next
            && !is_working_day(day)
        {
            next = day.tomorrow();
        }
        match next {
            Ok(day) => last = day,
            Err(_) => return last,
        }
    }
    last
}

fn is_public_holiday(day: Date) -> bool {
    let fixed = [(1, 1), (5, 1), (5, 17), (12, 25), (12, 26)];
    if fixed.contains(&(day.month(), day.day())) {
        return true;
    }
    // Maundy Thursday, Good Friday, Easter and the day after, Ascension, Pentecost and the day
    // after, in days from Easter Sunday.
    let moving = [-3, -2, 0, 1, 39, 49, 50];
    easter(day.year())
        .is_some_and(|easter| moving.contains(&(day.duration_since(easter).as_hours() / 24)))
}

/// Easter Sunday of a year (Meeus, Jones and Butcher's rule for the Gregorian calendar).
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (golden, century, rest) = (y % 19, y / 100, y % 100);
    let correction = (century + 8) / 25;
    let moon = (century - correction + 1) / 3;
    let epact = (19 * golden + century - century / 4 - moon + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - epact - rest % 4) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let days = epact + weekday - 7 * late + 114;
    let first = Date::new(year, i8::try_from(days / 31).ok()?, 1).ok()?;
    first.checked_add(Span::new().days(days % 31)).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn easter_falls_where_the_almanac_says() {
        for (year, month, day) in [
            (1818, 3, 22),
            (2000, 4, 23),
            (2024, 3, 31),
            (2025, 4, 20),
            (2026, 4, 5),
            (2027, 3, 28),
            (2038, 4, 25),
        ] {
            assert_eq!(easter(year), Some(date(year, month, day)), "{year}");
        }
    }

    #[test]
    fn norwegian_holidays_of_2026_are_no_working_days() {
        for (month, day) in [
            (1, 1),
            (4, 2),
            (4, 3),
            (4, 5),
            (4, 6),
            (5, 1),
            (5, 14),
            (5, 17),
            (5, 24),
            (5, 25),
            (12, 25),
            (12, 26),
        ] {
            assert!(!is_working_day(date(2026, month, day)), "{month}-{day}");
        }
        let first = date(2026, 1, 1);
        let working = first
            .series(Span::new().days(1))
            .take_while(|day| day.year() == 2026)
            .filter(|day| is_working_day(*day));
        // 261 Mondays to Fridays, of which eight are holidays.
        assert_eq!(working.count(), 253);
    }

    #[test]
    fn working_days_are_counted_past_weekends_and_holidays() {
        // Wednesday before Maundy Thursday.
        let wednesday = date(2026, 4, 1);
        assert_eq!(working_days_after(wednesday, 0), wednesday);
        assert_eq!(working_days_after(wednesday, 1), date(2026, 4, 7));
        assert_eq!(working_days_after(wednesday, 3), date(2026, 4, 9));
        assert_eq!(
            working_days_after(date(2026, 11, 21), 1),
            date(2026, 11, 23)
        );
        assert_eq!(working_days_after(Date::MAX, 3), Date::MAX);
    }
}

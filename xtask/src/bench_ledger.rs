//! What a full ledger's lists cost.

use serde_json::Value;

use crate::bench::{judged, measured_in_memory};
use crate::{Outcome, setup};

const LETTERS: &str = "100000";
const BUDGET_MS: f64 = 30.0;

pub(crate) fn ledger() -> Outcome {
    setup::for_console()?;
    let figures = measured_in_memory("utpost-ledger", "bench_ledger", |command| {
        command.arg(LETTERS);
    })?;
    judged(within(&figures))
}

fn within(figures: &Value) -> bool {
    let p95 = |name: &str| figures[name]["p95"].as_f64().unwrap_or(f64::INFINITY);
    ["list", "search", "filter", "search_in_filter"]
        .iter()
        .all(|name| p95(name) < BUDGET_MS)
        && p95("open") - p95("open_empty") < BUDGET_MS
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_figure_above_the_budget_is_enough_and_so_is_one_missing() {
        let time = |p95: f64| json!({ "median": 1.0, "p95": p95 });
        let mut figures = json!({
            "list": time(1.0), "search": time(29.0), "filter": time(2.0),
            "search_in_filter": time(3.0), "open": time(40.0), "open_empty": time(20.0),
        });
        assert!(within(&figures));
        figures["open"] = time(51.0);
        assert!(!within(&figures));
        figures["open"] = time(40.0);
        figures["search"] = time(31.0);
        assert!(!within(&figures));
        figures["search"] = Value::Null;
        assert!(!within(&figures));
    }
}

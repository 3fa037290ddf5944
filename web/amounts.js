/** Numbers, sizes and dates as a language writes them. */

/** The same in every language. @param {number} sec */
export function formatDuration(sec) {
  const whole = Math.round(sec);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

const UNITS = /** @type {const} */ ([
  ["kilobyte", 1e3],
  ["megabyte", 1e6],
  ["gigabyte", 1e9],
]);

/** @param {string} locale */
export function makeAmounts(locale) {
  const dates = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
  const collation = new Intl.Collator(locale, { numeric: true, sensitivity: "base" });
  return {
    /** @param {number} number @param {number} [n_digits] after the point */
    formatNumber: (number, n_digits = 0) =>
      number.toLocaleString(locale, { minimumFractionDigits: n_digits, maximumFractionDigits: n_digits }),

    /** @param {number} percent whole */
    formatPercent: (percent) => (percent / 100).toLocaleString(locale, { style: "percent" }),

    /** Never less than it is. @param {number} n_bytes */
    formatBytes(n_bytes) {
      const [unit, size] = UNITS[n_bytes < 1e6 ? 0 : n_bytes < 1e9 ? 1 : 2];
      const amount = n_bytes / size;
      const has_digit = amount < 10 && n_bytes >= 1e6;
      const rounded = has_digit ? Math.round(amount * 10) / 10 : Math.ceil(amount);
      return rounded.toLocaleString(locale, { style: "unit", unit, minimumFractionDigits: has_digit ? 1 : 0 });
    },

    /** Seconds to the hundredth, as 1:05.25. @param {number} sec @param {string} point */
    formatMoment: (sec, point) =>
      `${Math.floor(sec / 60)}:${(sec % 60).toFixed(2).padStart(5, "0").replace(".", point)}`,

    /** @param {number} time_ms */
    formatDate: (time_ms) => dates.format(time_ms),

    compare: collation.compare,
  };
}

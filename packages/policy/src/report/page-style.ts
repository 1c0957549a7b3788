/** Style of all pages; its hash stands in their content security policy, so nothing may be put into it. */
export const pageStyle = `
:root { color-scheme: light dark;
  --paper: #fbfaf8; --sheet: #ffffff; --ink: #1d1f23; --faint: #595f69; --line: #d9d7d2; --link: #0b57a4;
  --good: #17693a; --bad: #b3201f; --warn: #8a5300; --mark: #6a3fa0; --soft: #f2f0ec; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #16181c; --sheet: #1e2126; --ink: #e8e6e1; --faint: #a9adb6; --line: #3a3f48; --link: #8cbcf5;
  --good: #6fce95; --bad: #ff8f88; --warn: #f0b35a; --mark: #c5a3f5; --soft: #262a31; } }
* { box-sizing: border-box; }
html { font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
  background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%; }
body { margin: 0; overflow-wrap: anywhere; }
main { max-width: 76rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
main:focus { outline: none; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .75rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.25rem 0 .35rem; }
p, ul, dl, table { margin: 0 0 .75rem; }
code, .chain { font: .875em/1.5 ui-monospace, "SFMono-Regular", Menlo, "Liberation Mono", monospace; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; padding: .5rem 1rem; background: var(--sheet); z-index: 1; }
.quiet { color: var(--faint); }
.verdict { display: inline-block; padding: .1rem .7rem; border: 2px solid currentColor; border-radius: .4rem;
  font-weight: 700; letter-spacing: .04em; margin-right: .5rem; }
.pass, .holds { color: var(--good); } .fail, .error, .broken, .critical { color: var(--bad); }
.warn, .high, .unknown { color: var(--warn); } .audit, .medium { color: var(--link); }
.critical, .high, .broken { font-weight: 600; }
.banner { border: 2px solid var(--mark); border-left-width: .6rem; border-radius: .4rem; padding: .75rem 1rem;
  background: var(--sheet); margin: 1rem 0; }
.banner strong { color: var(--mark); }
.card { border: 1px solid var(--line); border-left: .35rem solid var(--line); border-radius: .4rem; background: var(--sheet);
  padding: .75rem 1rem; margin: 0 0 1rem; }
.card.is-fail, .card.is-error { border-left-color: var(--bad); }
.card.is-warn { border-left-color: var(--warn); } .card.is-audit { border-left-color: var(--link); }
.card h3 { margin-top: 0; } .card > :last-child { margin-bottom: 0; }
.remedy { border-top: 1px dashed var(--line); padding-top: .5rem; }
.packages { list-style: none; padding-left: 0; }
.chain { display: block; color: var(--faint); }
.chain code { border: 1px solid var(--line); border-radius: .3rem; padding: .05rem .35rem; background: var(--sheet); color: var(--ink);
  font-size: 1em; -webkit-box-decoration-break: clone; box-decoration-break: clone; }
summary { cursor: pointer; }
dl.pairs { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; }
dl.pairs dt { color: var(--faint); } dl.pairs dd { margin: 0; min-width: 0; }
table { width: 100%; border-collapse: collapse; background: var(--sheet); font-size: .925rem; }
caption { text-align: left; color: var(--faint); padding-bottom: .35rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border: 1px solid var(--line); }
th { background: var(--soft); }
th, td.short { overflow-wrap: break-word; }
/* Rows far away are neither laid out nor painted: thousands of findings open at once. */
table[data-sortable], table[data-sortable] thead, table[data-sortable] tbody, table[data-sortable] caption { display: block; }
table[data-sortable] tr { display: flex; }
table[data-sortable] tbody tr { content-visibility: auto; contain-intrinsic-height: auto 3.8rem; }
table[data-sortable] td, table[data-sortable] th { flex: 1 1 0; min-width: 0; border-width: 0 0 1px; padding: .4rem; }
/* It explains the others. */
table[data-sortable] td:last-child, table[data-sortable] th:last-child { flex-grow: 2; }
.needs > div, .packages > li { content-visibility: auto; contain-intrinsic-height: auto 4rem; margin-bottom: .6rem; }
.needs dd { margin: 0; }
table[data-sortable] th { font-size: .85em; }
th button { all: unset; cursor: pointer; font-weight: 600; display: inline-flex; gap: .35rem; }
th button:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
th button::after { content: "\\2195"; color: var(--faint); }
th[aria-sort="ascending"] button::after { content: "\\2191"; } th[aria-sort="descending"] button::after { content: "\\2193"; }
.filters { display: flex; flex-wrap: wrap; gap: .6rem 1rem; align-items: end; margin-bottom: .5rem; }
.filters label { display: grid; gap: .15rem; font-size: .875rem; color: var(--faint); max-width: 100%; }
.filters input, .filters select { font: inherit; color: var(--ink); background: var(--sheet); border: 1px solid var(--faint);
  border-radius: .35rem; padding: .3rem .5rem; max-width: 100%; min-width: 0; }
.jump, .legend, .bars { list-style: none; padding: 0; }
.jump, .legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }
.legend { font-size: .875rem; color: var(--faint); } .legend svg { vertical-align: -2px; }
.t-good { --tone: var(--good); } .t-bad { --tone: var(--bad); } .t-warn { --tone: var(--warn); }
.t-mark { --tone: var(--mark); } .t-link { --tone: var(--link); } .t-faint { --tone: var(--faint); }
.chart rect { fill: var(--tone); stroke: var(--paper); stroke-width: 1px; }
.chart rect.hollow { fill-opacity: .3; stroke: var(--tone); }
.chart text { fill: var(--ink); font-size: .8rem; font-variant-numeric: tabular-nums; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); gap: 0 2.5rem; }
.charts > * { min-width: 0; }
.bars li { display: grid; grid-template-columns: 1fr auto; gap: 0 1rem; margin-bottom: .6rem; break-inside: avoid; }
.bar-label, .bar-value { overflow-wrap: anywhere; }
.bars svg, .bar-parts { grid-column: 1 / -1; } .bars svg { background: var(--soft); border-radius: 2px; overflow: hidden; display: block; }
.bar-value, .bar-parts { font-variant-numeric: tabular-nums; color: var(--faint); }
.bar-value { max-width: 50vw; text-align: right; }
.bar-parts { font-size: .8125rem; display: flex; flex-wrap: wrap; gap: 0 1rem; }
.columns { margin: 0 0 1rem; } .columns > svg { border-bottom: 1px solid var(--faint); display: block; }
.columns figcaption { font-weight: 600; padding: .25rem 0; } .ends { display: flex; justify-content: space-between; gap: 1rem; font-size: .875rem; }
[hidden] { display: none !important; }
@media (max-width: 48rem) {
  dl.pairs { grid-template-columns: 1fr; } dl.pairs dd { margin-bottom: .4rem; }
  table, caption, tbody, tr, td { display: block; }
  table[data-sortable] tbody tr { display: block; contain-intrinsic-height: auto 13rem; }
  thead tr, table[data-sortable] thead tr { display: flex; flex-wrap: wrap; gap: .25rem; border: 0; margin-bottom: .5rem; }
  thead { display: block; } thead th { border-radius: .35rem; }
  thead:not(:has(button)) { position: absolute; left: -999rem; }
  tbody tr { border: 1px solid var(--line); border-radius: .4rem; margin-bottom: .6rem; padding: .35rem .6rem; }
  td, table[data-sortable] td { border: 0; padding: .1rem 0; }
  table[data-sortable] th, table[data-sortable] th:last-child { flex: none; max-width: 100%; }
  td::before { content: attr(data-label) ": "; color: var(--faint); }
}
@media print {
  :root { --paper: #fff; --sheet: #fff; --ink: #000; --faint: #444; --line: #999; --soft: #eee;
    --good: #06401f; --bad: #8a0f0e; --warn: #5e3900; --mark: #43226f; --link: #000; }
  html { font-size: 11px; } main { max-width: none; padding: 0; }
  .filters, .skip, .jump, th button::after { display: none; }
  .t-link { --tone: #0a4484; } .charts { grid-template-columns: 1fr 1fr; } .chart { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .card > p, tr { break-inside: avoid; } table[data-sortable] tbody tr, .needs > div, .packages > li { content-visibility: visible; } h2, h3 { break-after: avoid; } thead { display: table-header-group; }
}
`

/** Style of the console beside that of all pages, whose colours it takes; the same text for every page. */
export const consoleStyle = `
.bar { display: flex; flex-wrap: wrap; gap: .35rem 1.25rem; align-items: baseline; margin: -.75rem 0 1.25rem;
  padding-bottom: .6rem; border-bottom: 1px solid var(--line); }
.bar a { text-decoration: none; padding: .1rem 0; } .bar a[aria-current] { color: var(--ink); font-weight: 600;
  box-shadow: 0 .15rem 0 var(--link); }
.bar .who { margin-left: auto; color: var(--faint); } .bar form { margin: 0; }
button { font: inherit; padding: .4rem .9rem; border: 1px solid var(--faint); border-radius: .4rem; background: var(--sheet);
  color: var(--ink); cursor: pointer; }
button.plain { border: 0; padding: 0; background: none; color: var(--link); text-decoration: underline; }
button.main { background: var(--good); border-color: var(--good); color: var(--paper); font-weight: 600; }
button.danger { border-color: var(--bad); color: var(--bad); font-weight: 600; }
.flash, .problem { border: 2px solid var(--good); border-left-width: .6rem; border-radius: .4rem; padding: .6rem 1rem;
  background: var(--sheet); }
.flash.is-note { border-color: var(--warn); } .problem { border-color: var(--bad); }
.badge { display: inline-block; padding: 0 .5rem; border: 1px solid currentColor; border-radius: 1rem; font-size: .85rem;
  font-weight: 600; white-space: nowrap; background: var(--sheet); }
.badge.is-open, .badge.is-high, .badge.is-expired, .badge.is-unfinished { color: var(--warn); }
.badge.is-critical, .badge.is-error, .badge.is-rejected, .badge.is-fail { color: var(--bad); }
.badge.is-approved, .badge.is-pass { color: var(--good); } .badge.is-medium { color: var(--link); }
.badge.is-superseded, .badge.is-low, .badge.is-negligible, .badge.is-unknown { color: var(--faint); }
.badge.is-critical { color: var(--sheet); background: var(--bad); border-color: var(--bad); }
.tabs { display: flex; flex-wrap: wrap; gap: .4rem; margin: .75rem 0 1rem; }
.tabs a { padding: .25rem .8rem; border: 1px solid var(--line); border-radius: 1rem; text-decoration: none;
  background: var(--sheet); }
.tabs a[aria-current] { border-color: var(--link); box-shadow: inset 0 0 0 1px var(--link); font-weight: 600; }
.tabs .number { color: var(--faint); }
.search { display: flex; flex-wrap: wrap; gap: .6rem 1rem; align-items: end; margin-bottom: 1rem; }
.search label { display: grid; gap: .15rem; font-size: .875rem; color: var(--faint); min-width: 0; }
.search label:first-of-type { flex: 1 1 14rem; }
input:not([type=radio]), select, textarea { font: inherit; color: var(--ink); background: var(--sheet);
  border: 1px solid var(--faint); border-radius: .35rem; padding: .35rem .5rem; max-width: 100%; min-width: 0; }
.search input, .search select, .search button { height: 2.4rem; }
.entries { list-style: none; margin: 0; padding: 0; }
.entry { border: 1px solid var(--line); border-left: .4rem solid var(--line); border-radius: .4rem; background: var(--sheet);
  padding: .6rem 1rem; margin-bottom: .6rem; }
.entry h2 { font-size: 1.05rem; margin: 0 0 .3rem; padding: 0; border: 0; } .entry p { margin: 0 0 .2rem; }
.entry.is-critical, .entry.is-error, .package.is-critical { border-left-color: var(--bad); }
.entry.is-high, .package.is-high { border-left-color: var(--warn); }
.entry.is-medium, .package.is-medium { border-left-color: var(--link); }
.facts { display: flex; flex-wrap: wrap; gap: .3rem .9rem; align-items: baseline; }
.pager { display: flex; gap: 1.5rem; } .empty { padding: 2rem 0; color: var(--faint); font-size: 1.1rem; }
.head h1 { margin-bottom: .5rem; } .lead { font-size: 1.2rem; margin-bottom: .35rem; } .status { color: var(--faint); }
.jump { display: none; }
.columns { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 24rem); gap: 0 2rem; align-items: start;
  grid-template-areas: "stopped todo" "stopped decide"; grid-template-rows: auto 1fr; margin-bottom: 1.5rem; }
.todo { grid-area: todo; } .stopped { grid-area: stopped; } .decide { grid-area: decide; }
.columns h2 { margin-top: 1rem; } .todo ol { padding-left: 1.3rem; } .todo li { margin-bottom: .35rem; }
.rules { padding: 0; list-style: none; font-weight: 600; } .flaws { list-style: none; margin: 0 0 .5rem; padding: 0; }
.flaws li { display: flex; flex-wrap: wrap; gap: .2rem .6rem; align-items: baseline; margin-bottom: .3rem; }
.why { margin: .5rem 0; } .path { list-style: none; margin: .3rem 0 0; padding: 0; }
.path li { padding: .1rem 0 .1rem 1.5rem; position: relative; } .path li:first-child { padding-left: 0; }
.path li + li::before { content: "\\2514"; position: absolute; left: .35rem; color: var(--faint); }
.panel { border: 1px solid var(--line); border-radius: .5rem; background: var(--sheet); padding: .9rem 1.1rem; margin: 0 0 1rem; }
.panel h3 { margin-top: 0; } form.panel { display: grid; gap: .4rem; justify-items: start; }
.panel textarea, .panel input[type=password] { width: 100%; } .panel p { margin: 0; } .panel button { margin-top: .5rem; }
.panel fieldset { border: 0; margin: .3rem 0 0; padding: 0; } .panel legend { padding: 0; }
.choice { display: grid; grid-template-columns: auto 1fr; gap: .5rem; align-items: baseline; }
.narrow { max-width: 28rem; }
details.more { border-top: 1px solid var(--line); padding: .6rem 0; } details.more > summary { font-weight: 600; }
@media (max-width: 56rem) { .columns { display: block; } .jump { display: block; } }
@media (max-width: 48rem) { .bar .who { margin-left: 0; } }
@media print { .bar, .search, .decide, .tabs, .pager { display: none; } .columns { display: block; } }
`

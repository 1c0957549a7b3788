/** Style of the page of an audit, besides that of all pages; its hash stands in the policy of the page. */
export const auditPageStyle = `
.class { color: var(--tone, var(--ink)); font-weight: 600; } .class, .short { overflow-wrap: break-word; }
.tiles { list-style: none; padding: 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(10.5rem, 1fr)); gap: .6rem; }
.tiles button { all: unset; box-sizing: border-box; display: flex; flex-direction: column; width: 100%; height: 100%; padding: .5rem .75rem;
  background: var(--sheet); border: 1px solid var(--line); border-left: .35rem solid var(--tone, var(--line)); border-radius: .4rem; }
.tiles button:enabled { cursor: pointer; } .tiles button:enabled:hover { background: var(--soft); }
.tiles button:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.tiles strong { display: block; font-size: 1.4rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.records td:first-child, .records td:nth-child(4), .records td:nth-child(6) { white-space: nowrap; }
.records td:nth-child(2) { min-width: 12rem; }
.open { all: unset; cursor: pointer; color: var(--link); text-decoration: underline; }
.open:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 3px; }
.pages { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; margin: .75rem 0; }
.pages button, dialog nav button { font: inherit; color: var(--ink); background: var(--sheet); border: 1px solid var(--faint);
  border-radius: .35rem; padding: .3rem .75rem; cursor: pointer; }
.pages button[aria-disabled=true], dialog nav button[aria-disabled=true] { color: var(--faint); border-style: dashed; cursor: default; }
dialog { color: var(--ink); background: var(--paper); border: 1px solid var(--line); padding: 0 1.25rem 1.25rem;
  width: min(60rem, 100vw); max-width: none; height: 100dvh; max-height: none; margin: 0 0 0 auto; overflow-wrap: anywhere; }
dialog::backdrop { background: rgb(0 0 0 / .45); }
dialog nav { position: sticky; top: 0; display: flex; flex-wrap: wrap; gap: .5rem; padding: .75rem 0; background: var(--paper); }
dialog nav :last-child { margin-left: auto; }
dialog h2:focus { outline: none; } dialog h2 { margin-top: .5rem; }
@media (max-width: 48rem) { .records td:first-child, .records td:nth-child(4), .records td:nth-child(6) { white-space: normal; } }
@media print { .pages, dialog { display: none; } }
`

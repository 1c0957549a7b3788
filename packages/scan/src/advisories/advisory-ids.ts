/**
 * Advisories of vendors that bundle several vulnerabilities. Two findings that share such an id are not the same
 * vulnerability, so these ids never join findings and are never aliases.
 */
const bundles =
  /^(?:DSA|DLA|DTSA|ELA|USN|LSN|RHSA|RHBA|RHEA|CESA|CEBA|CEEA|ALSA|ALBA|ALEA|RLSA|RLBA|RLEA|RXSA|ELSA|ELBA|ELEA|OESA|XSA|MFSA|AVG|ALAS\w*|GLSA|SUSE-[A-Z]U|openSUSE-[A-Z]U|FEDORA|MGASA|PHSA|ASB-A|PUB-A|VU|TA\d|ICSA)(?:-|#|$)/

const cve = /^CVE-\d{4}-\d{4,}$/
const ghsa = /^GHSA(?:-[0-9a-z]{4}){3}$/
const distroCve = /^[A-Z]+-(CVE-\d{4}-\d{4,})$/

/** Whether an id names an advisory that may cover several vulnerabilities (DSA, USN, RHSA …). */
export function isBundle(id: string): boolean {
  return bundles.test(id)
}

/** The CVE that a distribution's own record is about: `DEBIAN-CVE-2024-1` → `CVE-2024-1`. */
export function cveOfDistroRecord(id: string): string | undefined {
  return distroCve.exec(id)?.[1]
}

/** Whether an id is a CVE id. */
export function isCve(id: string): boolean {
  return cve.test(id)
}

/** Orders ids by how widely they are known: CVE, GHSA, others; within these by year and number, then by text. */
export function compareIds(a: string, b: string): number {
  const rank = rankOf(a) - rankOf(b)
  if (rank !== 0) return rank
  if (isCve(a)) {
    const [, yearA, numberA] = a.split('-')
    const [, yearB, numberB] = b.split('-')
    return Number(yearA) - Number(yearB) || Number(numberA) - Number(numberB)
  }
  return a < b ? -1 : a > b ? 1 : 0
}

function rankOf(id: string): number {
  if (isCve(id)) return 0
  if (ghsa.test(id)) return 1
  return cveOfDistroRecord(id) === undefined ? 2 : 3
}

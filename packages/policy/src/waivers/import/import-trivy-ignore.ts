import { parseTrivyIgnore, parseTrivyIgnoreYaml } from '@sallyport/scan/ignore'
import type { WaiverFile } from '../waiver.ts'
import { type ImportedEntry, importEntries, type ImportWaiversOptions } from './import-entries.ts'

/** Sections of the YAML form: no line of the plain form looks like one. */
const yamlForm = /^[\s{]*["']?(?:vulnerabilities|misconfigurations|secrets|licenses)["']?\s*:/m
const knownIds =
  /^(?:ALAS|ALPINE|ALSA|CVE|DEBIAN|DLA|DSA|ELSA|GHSA|GO|OSV|PYSEC|RHSA|RLSA|RUSTSEC|SUSE|TEMP|UBUNTU|USN)-/

/**
 * Turns a `.trivyignore`, plain or YAML, into waivers. The form is told by the content, since Trivy itself passes over
 * a file of the other form without a word. `expired_at` and `exp:` are the start of that day in UTC, as in Trivy.
 *
 * Left out, each with a warning: entries for paths, for other things than vulnerabilities, and those that lack what a
 * waiver must have. Ids match through aliases here, in any case of letters.
 *
 * @throws {ScanError} `IGNORE_FILE_INVALID` with the position; `LIMIT_EXCEEDED` above 4 MiB.
 * @throws {PolicyError} `LIMIT_EXCEEDED` when the waivers are larger than 1 MiB, or `POLICY_INVALID`, more than 10,000.
 */
export function importTrivyIgnore(text: string, options: ImportWaiversOptions): WaiverFile {
  const parse = yamlForm.test(text) ? parseTrivyIgnoreYaml : parseTrivyIgnore
  const { rules, warnings } = parse(text, options)
  const notes: string[] = [...warnings]
  const entries: ImportedEntry[] = []
  for (const { source: where, id = '', reason, expires, terms } of rules) {
    const leave = (why: string) => notes.push(`${where}: ${id} is left out: ${why}`)
    if (terms === undefined) leave('its conditions are not known')
    else if (terms.kind !== undefined && terms.kind !== 'vulnerability') {
      leave(`it is about a ${terms.kind}, which no waiver is for`)
    } else if (terms.paths?.length) {
      leave('it is for certain paths, which a waiver can not say; write one for the package')
    } else {
      if (terms.kind === undefined && !knownIds.test(id)) {
        notes.push(
          `${where}: ${id}: as the id of a misconfiguration, secret or licence, which Trivy would take it for too, it waives nothing`,
        )
      }
      const packages = terms.purls?.length ? terms.purls.map((purl) => ({ package: purl })) : undefined
      entries.push({ where, vulnerability: id, packages, reason, expires })
    }
  }
  return importEntries(entries, notes, options)
}

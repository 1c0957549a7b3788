import { withoutPythonRemarks } from './imports/python-remarks.ts'
import type { ImportLanguage } from './source-code.ts'

/** Whole lines of comments; `#!` and the `#include` of sudo, rsyslog and the C preprocessor are none. */
const hashLine = /^[ \t]{0,200}#(?![!]|include)[^\n]*/gm
const semicolonLine = /^[ \t]{0,200};[^\n]*/gm
/** Where documentation of Perl begins and ends (perlpod(1)). */
const podStart = /^=[a-z]/gm
const podEnd = /^=cut\b[^\n]*/gm

/** A configuration without its lines of comments: what these name is an explanation, and nothing reads it. */
export const withoutConfigurationComments = (text: string): string =>
  text.replaceAll(hashLine, '').replaceAll(semicolonLine, '')

/** Source code without its comments, and in Perl and Python without documentation. */
export function withoutSourceComments(language: ImportLanguage | undefined, text: string): string {
  if (language === 'perl') return withoutPod(text).replaceAll(hashLine, '')
  return language === 'python' ? withoutPythonRemarks(text) : text
}

/** Source code of Perl without its documentation, which holds examples. */
function withoutPod(text: string): string {
  const parts: string[] = []
  const starts = new RegExp(podStart)
  const ends = new RegExp(podEnd)
  let from = 0
  for (let start = starts.exec(text); start; start = starts.exec(text)) {
    parts.push(text.slice(from, start.index))
    ends.lastIndex = start.index
    const end = ends.exec(text)
    from = end ? end.index + end[0].length : text.length
    if (!end) break
    starts.lastIndex = from
  }
  return parts.join('') + text.slice(from)
}

import type { ImportLanguage } from './source-code.ts'

/** Whole lines of comments; `#!` and the `#include` of sudo, rsyslog and the C preprocessor are none. */
const hashLine = /^[ \t]{0,200}#(?![!]|include)[^\n]*/gm
const semicolonLine = /^[ \t]{0,200};[^\n]*/gm
/** Documentation of Perl (perlpod(1)): from a line that begins with `=` and a letter up to `=cut`. */
const pod = /^=[a-z](?:(?!^=cut\b)[^\n]*\n?)*(?:^=cut\b[^\n]*)?/gm

/** A configuration without its lines of comments: what these name is an explanation, and nothing reads it. */
export const withoutConfigurationComments = (text: string): string =>
  text.replaceAll(hashLine, '').replaceAll(semicolonLine, '')

/** Source code without its lines of comments, and in Perl without documentation. */
export function withoutSourceComments(language: ImportLanguage | undefined, text: string): string {
  if (language === 'perl') return withoutPod(text).replaceAll(hashLine, '')
  return language === 'python' ? text.replaceAll(hashLine, '') : text
}

/** Source code of Perl without its documentation, which holds examples. */
export const withoutPod = (text: string): string => text.replaceAll(pod, '')

import { spdxOrUnknown } from '../spdx-expression.ts'

/** Classifiers that name exactly one licence (PyPI, trove classifiers); one such as "BSD License" does not. */
const classifiers: ReadonlyMap<string, string> = new Map([
  ['MIT License', 'MIT'],
  ['MIT No Attribution License (MIT-0)', 'MIT-0'],
  ['ISC License (ISCL)', 'ISC'],
  ['Mozilla Public License 1.1 (MPL 1.1)', 'MPL-1.1'],
  ['Mozilla Public License 2.0 (MPL 2.0)', 'MPL-2.0'],
  ['GNU General Public License v2 (GPLv2)', 'GPL-2.0-only'],
  ['GNU General Public License v2 or later (GPLv2+)', 'GPL-2.0-or-later'],
  ['GNU General Public License v3 (GPLv3)', 'GPL-3.0-only'],
  ['GNU General Public License v3 or later (GPLv3+)', 'GPL-3.0-or-later'],
  ['GNU Lesser General Public License v2 or later (LGPLv2+)', 'LGPL-2.0-or-later'],
  ['GNU Lesser General Public License v3 (LGPLv3)', 'LGPL-3.0-only'],
  ['GNU Lesser General Public License v3 or later (LGPLv3+)', 'LGPL-3.0-or-later'],
  ['GNU Affero General Public License v3', 'AGPL-3.0-only'],
  ['GNU Affero General Public License v3 or later (AGPLv3+)', 'AGPL-3.0-or-later'],
  ['Boost Software License 1.0 (BSL-1.0)', 'BSL-1.0'],
  ['Eclipse Public License 2.0 (EPL-2.0)', 'EPL-2.0'],
  ['The Unlicense (Unlicense)', 'Unlicense'],
  ['Universal Permissive License (UPL)', 'UPL-1.0'],
  ['Zero-Clause BSD (0BSD)', '0BSD'],
])

/**
 * The licence of a distribution: `License-Expression` (PEP 639), else `License` where that is an expression, else the
 * only classifier where that names one licence exactly.
 */
export function toPythonLicense({
  expression,
  license,
  classifiers: given,
}: {
  readonly expression?: string | undefined
  readonly license?: string | undefined
  readonly classifiers: readonly string[]
}): string {
  const told = spdxOrUnknown(expression ?? license)
  if (told !== 'NOASSERTION' || expression !== undefined) return told
  const names = given.filter((one) => one.startsWith('License ::')).map((one) => one.split(' :: ').at(-1)!)
  // `License :: OSI Approved` alone says nothing more.
  const [only, ...others] = new Set(names.filter((name) => name !== 'OSI Approved'))
  return (others.length === 0 && only !== undefined && classifiers.get(only)) || 'NOASSERTION'
}

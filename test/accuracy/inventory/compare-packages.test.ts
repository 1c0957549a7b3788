import { describe, expect, it } from 'vitest'
import { comparePackages } from './compare-packages.ts'

const found = (purl: string, path?: string) => ({ purl, path })

describe('comparePackages', () => {
  it('tells which tool lacks which package', () => {
    const { packages, common, differences } = comparePackages('sample', {
      ours: [found('pkg:deb/debian/a@1'), found('pkg:deb/debian/b@1')],
      syft: [found('pkg:deb/a@1')],
      trivy: [found('pkg:deb/debian/a@1'), found('pkg:deb/debian/c@1')],
    })
    expect([packages, common]).toEqual([3, 1])
    expect(differences).toEqual([
      { sample: 'sample', ecosystem: 'deb', id: 'deb/b@1', lacks: ['syft', 'trivy'] },
      { sample: 'sample', ecosystem: 'deb', id: 'deb/c@1', lacks: ['ours', 'syft'] },
    ])
  })

  it('tells which tool that names places lacks which of them', () => {
    const { differences } = comparePackages('sample', {
      ours: [found('pkg:npm/a@1', '/x/package.json'), found('pkg:npm/a@1', '/y/package.json')],
      syft: [found('pkg:npm/a@1', '/x/package.json'), found('pkg:npm/a@1', '/y/package.json')],
      trivy: [found('pkg:npm/a@1', '/x/package.json')],
    })
    expect(differences).toEqual([
      { sample: 'sample', ecosystem: 'npm', id: 'npm/a@1 in /y/package.json', lacks: ['trivy'] },
    ])
  })

  it('takes what is in an archive for being where the archive is', () => {
    const { differences } = comparePackages('sample', {
      ours: [found('pkg:maven/g/a@1', '/app.war')],
      syft: [found('pkg:maven/g/a@1', '/app.war')],
      trivy: [found('pkg:maven/g/a@1', '/app.war/WEB-INF/lib/a-1.jar')],
    })
    expect(differences).toEqual([])
  })
})

// The table of packages and what each may import; type-only imports count.
const layers = {
  core: [],
  oci: ['core'],
  image: ['core'],
  inventory: ['core', 'image'],
  scan: ['core', 'image', 'inventory'],
  harden: ['core', 'image', 'inventory', 'scan'],
  attest: ['core', 'oci'],
  policy: ['core', 'inventory', 'scan', 'harden', 'attest'],
  gate: ['core', 'oci', 'image', 'inventory', 'scan', 'harden', 'attest', 'policy'],
  audit: ['core', 'oci', 'inventory', 'scan', 'attest', 'policy', 'gate'],
  monitor: ['core', 'oci', 'attest', 'policy', 'gate'],
  admission: ['core', 'oci', 'attest', 'policy'],
  runtime: ['core', 'image', 'harden', 'attest', 'policy'],
  cli: [
    'core',
    'oci',
    'image',
    'inventory',
    'scan',
    'harden',
    'attest',
    'policy',
    'gate',
    'audit',
    'monitor',
    'admission',
    'runtime',
  ],
}

// Tests, what they are set up with, and the doubles they share; nothing of it is published.
const testOnly = ['\\.(test|fixture)\\.ts$', '/src/testing/']

const layerRules = Object.entries(layers).map(([name, allowed]) => ({
  name: `layers-of-${name}`,
  comment: `@sallyport/${name} may import only: ${allowed.join(', ') || 'nothing of ours'}`,
  severity: 'error',
  from: { path: `^packages/${name}/src/`, pathNot: testOnly },
  to: { path: '^packages/', pathNot: `^packages/(${[name, ...allowed].join('|')})/` },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layerRules,
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'public-surface-only',
      comment: 'another package is imported by its name, not by a path into its sources',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: {
        path: '^packages/([^/]+)/src/',
        pathNot: [
          '^packages/$1/',
          '^packages/[^/]+/src/index\\.ts$',
          '^packages/[^/]+/src/[^/]+/index\\.ts$',
          '^packages/scan/src/advisories/sources/index\\.ts$',
        ],
      },
    },
    {
      name: 'no-testkit',
      comment: 'the testkit is for tests and examples',
      severity: 'error',
      from: { path: '^packages/(?!testkit)', pathNot: testOnly },
      to: { path: '^packages/testkit/' },
    },
    {
      name: 'policy-is-pure',
      severity: 'error',
      from: { path: '^packages/policy/src/', pathNot: testOnly },
      to: { path: '^(node:)?(fs|fs/promises|net|http|https|child_process|worker_threads|process)$' },
    },
    {
      name: 'test-only',
      comment: 'what is published never leans on what is there for tests',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: testOnly },
      to: { path: testOnly },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'declared-dependency',
      comment: 'add it to the dependencies of the package that imports it, with a reason in its README',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: testOnly },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'], dependencyTypesNot: ['npm-peer'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^packages/[^/]+/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      conditionNames: ['@sallyport/source', 'import', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
}

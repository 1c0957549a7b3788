import { readFolder, readSample, readTxtar, release, type Sample } from './sample.ts'

const dpkgStatus = {
  'scalibr/os/dpkg/dpkg/valid': ['debian', '12'],
  'scalibr/os/dpkg/dpkg/transitional_dummy': ['debian', '12'],
  'scalibr/os/dpkg/dpkg/nopackage': ['debian', '12'],
  'scalibr/os/dpkg/dpkg/noversion': ['debian', '12'],
  'scalibr/os/dpkg/dpkg/statusfield': ['debian', '12'],
  'scalibr/os/dpkg/dpkg/trailingnewlines': ['debian', '12'],
  'scalibr/os/dpkg/dpkg/invalid': ['debian', '12'],
  'claircore/dpkg/texlive.status': ['debian', '10'],
  'claircore/dpkg/debian-only.status': ['debian', '12'],
  'claircore/dpkg/postgresql.status': ['debian', '11'],
} as const

/** Images with a database of dpkg. */
export function dpkgSamples(): readonly Sample[] {
  const debian = release('debian', '12')
  return [
    ...Object.entries(dpkgStatus).map(([path, [id, version]]) => ({
      name: path,
      files: { ...release(id, version), 'var/lib/dpkg/status': readSample(path) },
    })),
    ...['corrupsed', 'digest', 'md5sums', 'only-apt', 'third-party', 'valid'].map((name) => ({
      name: `trivy/dpkg/${name}`,
      files: { ...release('ubuntu', '22.04'), ...readTxtar(`trivy/dpkg/${name}.txtar`) },
    })),
    {
      name: 'scalibr/os/dpkg/dpkg/status.d',
      files: { ...debian, ...below('var/lib/dpkg/status.d', readFolder('scalibr/os/dpkg/dpkg/status.d')) },
    },
    ...['syft/debian/glob-paths', 'syft/debian/image-dpkg', 'grype/image-debian-match-coverage'].map(
      (path) => ({
        name: path,
        files: { ...debian, ...readFolder(path) },
      }),
    ),
    {
      name: 'syft/debian/image-distroless-deb',
      files: { ...debian, ...readFolder('syft/debian/image-distroless-deb') },
    },
    {
      name: 'syft/debian/var/lib/dpkg/status.d',
      files: {
        ...debian,
        ...below('var/lib/dpkg/status.d', readFolder('syft/debian/var/lib/dpkg/status.d')),
      },
    },
    { name: 'snyk/os/ubuntu_10_04', files: readFolder('snyk/os/ubuntu_10_04/fs') },
    {
      name: 'debian12-minbase',
      files: Object.fromEntries(
        Object.entries(readFolder('debian12-minbase')).filter(([path]) => !path.startsWith('statusd/')),
      ),
    },
    { name: 'debian12-minbase/statusd', files: { ...debian, ...readFolder('debian12-minbase/statusd') } },
  ]
}

/** Images with a database of apk. */
export function apkSamples(): readonly Sample[] {
  const paths = [
    ...['installed', 'no-origin', 'different-arch', 'invalid'].map((name) => `scalibr/os/apk/${name}`),
    ...['extra-file-attributes', 'empty-deps-and-provides', 'base'].map((name) => `syft/alpine/${name}`),
    ...['corrupt', 'multiple-1', 'multiple-2'].map((name) => `syft/alpine/${name}/lib/apk/db/installed`),
    'trivy/apk/apk',
    'snyk/os/alpine_2_6_6/fs/lib/apk/db/installed',
    'snyk/os/alpine_3_7_0/fs/lib/apk/db/installed',
  ]
  return [
    ...paths.map((path) => ({
      name: path,
      files: { ...release('alpine', '3.20.1'), 'lib/apk/db/installed': readSample(path) },
    })),
    { name: 'grype/image-alpine-match-coverage', files: readFolder('grype/image-alpine-match-coverage') },
  ]
}

/** Databases of rpm in its old form, which rpm of today reads. */
export const berkeleyDatabases = [
  'scalibr/os/rpm/Packages_epoch',
  'syft/redhat/Packages',
  'go-rpmdb/libuuid/Packages',
] as const

/** Images with a database of rpm. */
export function rpmSamples(): readonly Sample[] {
  const samples = [
    ...berkeleyDatabases.map((path) => ({
      name: path,
      files: { ...release('centos', '7'), 'var/lib/rpm/Packages': readSample(path) },
    })),
    ...['go-rpmdb/sle15-bci/Packages.db', 'snyk/rpm/Packages.db'].map((path) => ({
      name: path,
      files: { ...release('sles', '15.3'), 'usr/lib/sysimage/rpm/Packages.db': readSample(path) },
    })),
    {
      name: 'syft/redhat/container-manifest-2',
      files: {
        ...release('mariner', '2.0'),
        'var/lib/rpmmanifest/container-manifest-2': readSample('syft/redhat/container-manifest-2'),
      },
    },
    { name: 'grype/image-centos-match-coverage', files: readFolder('grype/image-centos-match-coverage') },
    { name: 'grype/image-sles-match-coverage', files: readFolder('grype/image-sles-match-coverage') },
  ]
  return samples.map((sample) => ({ ...sample, trivyScanner: 'license' }))
}

const below = (folder: string, files: Readonly<Record<string, Buffer>>) =>
  Object.fromEntries(Object.entries(files).map(([path, content]) => [`${folder}/${path}`, content]))

"""An OCI layout around layers."""

import json
import os
import time

from layers import EPOCH, keep

INDEX = 'application/vnd.oci.image.index.v1+json'
MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
CONFIG = 'application/vnd.oci.image.config.v1+json'
CREATED = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(EPOCH))


def write_document(blobs, value, media_type):
    unfinished = os.path.join(blobs, f'document.{os.getpid()}')
    with open(unfinished, 'w') as file:
        json.dump(value, file, separators=(',', ':'))
    return keep(blobs, unfinished, media_type)


def write_image(blobs, architecture, settings, layers):
    """Config and manifest of one platform; layers are (descriptor, diff id, the command that made it)."""
    config = {
        'created': CREATED,
        'architecture': architecture,
        'os': 'linux',
        'config': settings,
        'rootfs': {'type': 'layers', 'diff_ids': [diff_id for _, diff_id, _ in layers]},
        'history': [{'created': CREATED, 'created_by': command} for _, _, command in layers],
    }
    # What sets no file, such as the command to start, leaves a line of history without a layer.
    config['history'].append(
        {'created': CREATED, 'created_by': 'CMD ' + json.dumps(settings.get('Cmd', [])), 'empty_layer': True}
    )
    manifest = {
        'schemaVersion': 2,
        'mediaType': MANIFEST,
        'config': write_document(blobs, config, CONFIG),
        'layers': [descriptor for descriptor, _, _ in layers],
    }
    platform = {'architecture': architecture, 'os': 'linux'}
    if architecture == 'arm64':
        platform['variant'] = 'v8'
    return {**write_document(blobs, manifest, MANIFEST), 'platform': platform}


def write_layout(directory, tag, images):
    """oci-layout and index.json; more than one image becomes an index of its own behind the one tag."""
    top = images[0]
    if len(images) > 1:
        blobs = os.path.join(directory, 'blobs/sha256')
        top = write_document(blobs, {'schemaVersion': 2, 'mediaType': INDEX, 'manifests': images}, INDEX)
    top = {**top, 'annotations': {'org.opencontainers.image.ref.name': tag}}
    with open(os.path.join(directory, 'index.json'), 'w') as file:
        json.dump({'schemaVersion': 2, 'mediaType': INDEX, 'manifests': [top]}, file)
    with open(os.path.join(directory, 'oci-layout'), 'w') as file:
        json.dump({'imageLayoutVersion': '1.0.0'}, file)

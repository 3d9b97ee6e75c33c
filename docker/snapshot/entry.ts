import './while-built.ts';
import { startupSnapshot } from 'node:v8';
import { keepCompiled } from '../../bin/compile-cache.js';
import { main } from '../../scripts/main.ts';
import { restore } from './while-built.ts';

/** The snapshot's source: bundle.ts makes one file of it, as Node requires. */
void load().then(() => {
  restore();
  startupSnapshot.setDeserializeMainFunction(() => {
    // Threads start with the options of the process, and none has a snapshot.
    process.execArgv = [];
    keepCompiled(process.env);
    void main();
  });
});

/** What a push imports on use, with the credentials of a job. */
async function load(): Promise<void> {
  await Promise.all([
    import('../../scripts/revision/push.ts'),
    import('../../scripts/revision/threaded-zip.ts'),
    import('@aws-sdk/client-s3'),
    import('@aws-sdk/client-ssm'),
    import('@aws-sdk/credential-providers'),
  ]);
}

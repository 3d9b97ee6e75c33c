import { readFileSync } from 'node:fs';
import { type VirtualHostProps, virtualHostApp } from '../../cdk/tenant/virtual-host-app.ts';

/** The app that `cdk deploy` is given: the stacks of the host that was provisioned. */
const props = JSON.parse(readFileSync(process.env.BENCH_HOST_FILE ?? '', 'utf8')) as VirtualHostProps;
virtualHostApp(props).synth();

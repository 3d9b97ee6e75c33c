#!/usr/bin/env node
import { keepCompiled } from '../bin/compile-cache.js';

keepCompiled(process.env);

const { main } = await import('./main.ts');
await main();

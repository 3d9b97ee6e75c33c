#!/usr/bin/env node
import './typescript.js';

await import('../scripts/vendhost.ts');

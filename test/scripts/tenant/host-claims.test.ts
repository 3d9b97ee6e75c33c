import { describe, expect, test } from 'vitest';
import { planClaims } from '../../../scripts/tenant/host-claims.ts';

describe('planClaims', () => {
  test("claims what nobody has, keeps its own, releases its own that is not wanted; what is others' stays", () => {
    const owners = new Map([
      ['b.example.com', 'shop'],
      ['c.example.com', 'shop'],
      ['d.example.com', 'blog'],
    ]);
    expect(planClaims('shop', ['a.example.com', 'b.example.com'], owners)).toEqual({
      claim: ['a.example.com'],
      keep: ['b.example.com'],
      release: ['c.example.com'],
    });
  });

  test("names every host that is another tenant's, and its owner", () => {
    const owners = new Map([
      ['a.example.com', 'blog'],
      ['b.example.com', 'shop'],
      ['c.example.com', 'wiki'],
    ]);
    expect(() => planClaims('shop', ['a.example.com', 'b.example.com', 'c.example.com'], owners)).toThrow(
      expect.objectContaining({
        code: 'HOST_TAKEN',
        message: 'a.example.com, c.example.com belong to another tenant; nothing was changed',
        details: ['a.example.com belongs to blog', 'c.example.com belongs to wiki'],
      }),
    );
  });
});

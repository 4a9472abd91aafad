import { describe, expect, it } from 'vitest';
import { CityTable } from '../../src/bindings/CityTable.ts';
import { MobileCities } from '../../src/bindings/MobileCities.ts';
import { PlaceSearch } from '../../src/bindings/PlaceSearch.ts';
import { placesOfPrefixes } from '../../src/bindings/placesOfPrefixes.ts';

const table = await CityTable.load();
const places = await placesOfPrefixes();
const search = new PlaceSearch(table, new MobileCities(table, places));

/** A mobile number of Shanghai (021), and one of Hangzhou (0571). */
const OF_SHANGHAI = '+8613901001001';
const OF_HANGZHOU = '+8613857100001';

describe('CityTable', () => {
  it('knows the other cities of a province by their codes', () => {
    expect(table.neighboursOf('0571').toSorted()).toEqual(
      ['0570', '0572', '0573', '0574', '0575', '0576', '0577', '0578', '0579', '0580'].toSorted(),
    );
  });

  it('names a code once, however many cities share it', () => {
    expect(table.neighboursOf('0551').filter((code) => code === '0558')).toEqual(['0558']);
    expect(table.neighboursOf('024')).not.toContain('024');
  });

  it('knows no neighbours of a city that is its own province, nor of one that it does not know', () => {
    expect([table.neighboursOf('010'), table.neighboursOf('0999999'), table.neighboursOf('')]).toEqual([
      [],
      [],
      [],
    ]);
  });

  it.each([
    ['浙江省杭州市', '0571'],
    ['吉林省吉林市', '0432'],
    ['内蒙古呼伦贝尔市', '0470'],
    ['北京市', '010'],
    ['天津', '022'],
    ['青海省海南藏族自治州', '0974'],
    ['海南省海口市', '0898'],
    ['浙江省', undefined],
    ['Hangzhou', undefined],
  ])('finds the code of %s: %s', (place, code) => {
    expect(table.codeOf(place)).toBe(code);
  });

  it.each([
    'province\tcity\tareaCode\n浙江\t杭州',
    'province\tcity\tareaCode\n浙江\t杭州\t571',
    'province\tcity\tareaCode\n浙江\t杭州\t0571\n江苏\t南京\t0571',
  ])('refuses a table that is none: %j', (text) => {
    expect(() => new CityTable(text)).toThrow('city table');
  });
});

describe('MobileCities', () => {
  it('finds a city of the table for every mobile prefix that the numbering data knows', () => {
    const mobile = places.filter(([prefix]) => /^1[3-9]/.test(prefix));
    expect(mobile.length).toBeGreaterThan(100_000);
    expect(mobile.filter(([, place]) => table.codeOf(place) === undefined)).toEqual([]);
  });

  it('believes the longest prefix', () => {
    const mobiles = new MobileCities(table, [
      ['1390000', '新疆乌鲁木齐市'],
      ['139', '北京市'],
      ['13900', '上海市'],
    ]);
    const cities = ['+8613900001001', '+8613900101001', '+8613910001001', '+8613810001001'].map((number) =>
      mobiles.cityOf(number),
    );
    expect(cities).toEqual(['0991', '021', '010', undefined]);
  });

  it.each(['+8657188880001', '+861390000100', '+85213900001', ''])('knows no city of %j', (number) => {
    expect(new MobileCities(table, places).cityOf(number)).toBeUndefined();
  });
});

describe('PlaceSearch', () => {
  it('strict, which a city is unless the request says otherwise: looks in that city only', () => {
    const only = { areaCode: '0571', nearby: [], anywhere: false };
    expect(search.placeFor(OF_SHANGHAI, { areaCode: '0571' })).toEqual(only);
    expect(search.placeFor(OF_SHANGHAI, { areaCode: '0571', areaMatchMode: '0' })).toEqual(only);
  });

  it('loose: looks in that city, then in its province, then anywhere', () => {
    const place = search.placeFor(OF_SHANGHAI, { areaCode: '0571', areaMatchMode: '1' });
    expect(place).toEqual({ areaCode: '0571', nearby: table.neighboursOf('0571'), anywhere: true });
  });

  it("without a city: looks in the person's own one, then as when loose", () => {
    const around = { areaCode: '0571', nearby: table.neighboursOf('0571'), anywhere: true };
    expect(search.placeFor(OF_HANGZHOU, {})).toEqual(around);
    expect(search.placeFor(OF_HANGZHOU, { areaMatchMode: '1' })).toEqual(around);
  });

  it("without a city but strict: looks in the person's own one, and at numbers of which no city is told", () => {
    const place = search.placeFor(OF_HANGZHOU, { areaMatchMode: '0' });
    expect(place).toEqual({ areaCode: '0571', nearby: [''], anywhere: false });
  });

  it('looks anywhere for who has no mobile number', () => {
    expect(search.placeFor('+8657188880001', {})).toEqual({ nearby: [], anywhere: true });
  });
});

/** Names of the invented company. After `=`: how the name is written in a sign-in name, where dropping accents is not enough. */
export const givenNames = `
Maja Zoë Søren Łukasz=lukasz Inês Nguyễn José Aoife Björn Chloé Dagný Emre Fátima Görkem Hana Ivo Jürgen Katarína Liam Märta Noor Óscar
Priya Quentin Renée Siân Tomáš Uma Vít Wiktoria Ximena Yusuf Željko Amélie Anke=anke Boris Camille Deirdre Elif François Greta Håkon
Isla Jakub Kwame Leïla Mónica Niamh Omar Petra Rúna Štěpán Thảo Ugo Vera Wanjiru Yara Zuzanna 李娜=na 伟=wei 陽子=yoko さくら=sakura
Аня=anya Дмитрий=dmitri Ελένη=eleni Γιώργος=giorgos محمد=mohammed ליאור=lior 지우=jiwoo สมชาย=somchai`
  .trim()
  .split(/\s+/);

export const familyNames = `
Lind O'Brien Müller Großmann=grossmann García Nowak Sørensen Łuczak=luczak Đorđević=djordjevic Þórsson=thorsson D'Angelo Ångström Bianchi
Castaño Dvořák Eriksson Ferreira Gonçalves Hernández Ionescu Jansen Kowalski Lefèvre Mbeki Nuñez Okafor Papadopoulos Quirke Rossi Šimić
Tanaka Ünal Varga Weiß=weiss Xu Yılmaz=yilmaz Zieliński Abubakar Brontë Cruz Diallo Eze Fitzgerald Gruber Højgaard Iyer Jokinen Kaya
Larsson Mac-Giolla Nakamura Øvergård Petrović Ramírez Singh Türk Ulrich Vestergaard Wójcik Young Żak Akhtar 王=wang 山田=yamada 김=kim
Иванова=ivanova Шевченко=shevchenko Νικολάου=nikolaou حداد=haddad כהן=cohen`
  .trim()
  .split(/\s+/);

export const titles = [
  'Adviser',
  'Senior Adviser',
  'Paraplanner',
  'Office Manager',
  'Analyst',
  'Partner',
  'Assistant',
  'Head of Advice & Risk',
];
export const departments = ['Wealth', 'Mortgages', 'Pensions', 'Operations', 'Compliance', 'Förvaltning'];

/** Street, city, region, postal code, country, language. */
export const offices = [
  ['14 Quay Rd', 'Leith', 'Lothian', 'EH6 6AA', 'GB', 'en-GB'],
  ['Storgata 7', 'Tromsø', 'Troms', '9008', 'NO', 'nb-NO'],
  ['Königstraße 1', 'Würzburg', 'Bayern', '97070', 'DE', 'de-DE'],
  ['Rúa do Sol 22', 'A Coruña', 'Galicia', '15003', 'ES', 'gl-ES'],
  ['中央区銀座 4-1', '東京', '東京都', '104-0061', 'JP', 'ja-JP'],
] as const;

/** The first four are what a role mapping is usually made of. */
export const groupNames = ['Claras Owners', 'Claras Managers', 'Claras Assistants', 'Claras Advisers'];
export const teamNames = [
  'Wealth – North',
  'Büro Würzburg',
  'Équipe "Retraites"',
  'Mortgages & Loans',
  'チーム東京',
  'Compliance (UK)',
  'Tromsø',
];

/** How a name is written in a sign-in name: lower-case ASCII, apostrophes and hyphens kept as Entra does. */
export function signInName(name: string): string {
  const ascii = name.slice(name.indexOf('=') + 1);
  const plain = ascii.normalize('NFKD').replace(/\p{M}/gu, '').replace(/ø/gi, 'o').replace(/đ/gi, 'd').replace(/ı/g, 'i');
  return plain.toLowerCase().replace(/[^a-z'-]/g, '');
}

export const writtenName = (name: string): string => name.split('=')[0]!;

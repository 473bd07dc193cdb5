// What is said at each step: short sentences, and the mathematics for who asks for it.

const count = (number) => number.toLocaleString("en");
const signed = (number) => (number < 0 ? "−" : "") + Math.abs(number);

export const STEPS = [
  {
    title: "The frame",
    words: (data) => [
      data.frame.whole
        ? "A video is a row of still pictures, called frames. This is one of them."
        : "A video is a row of still pictures, called frames. The footage of this one is gone, so this is the part that was kept.",
      `To a computer it is only numbers. This one has ${count(data.frame.width)} by ${count(data.frame.height)} points, and each point says how red, how green and how blue it is.`,
    ],
    math: (data) => ({
      formula: `x ∈ {0 … 255}^(${data.frame.height} × ${data.frame.width} × 3)      ${count(data.frame.width * data.frame.height * 3)} numbers`,
      words: [`It is frame ${data.frame.number}, shown at ${data.frame.time_s} s.`],
    }),
  },
  {
    title: "The box",
    words: () => [
      "A small network looks at the frame and says where a face is.",
      "It does not know whose face it is. It has only learnt what faces look like.",
    ],
    math: (data) => ({
      formula: `box = (x₀, y₀, x₁, y₁) = (${data.frame.box.map(Math.round).join(", ")})      certainty ${data.frame.confidence}`,
      words: ["From one frame to the next the face is followed by its landmarks. The detector looks again when they are lost, and now and then."],
    }),
  },
  {
    title: "The landmarks",
    words: () => [
      "A second network puts 468 points on the face: on lips, lids, brows, nose and outline.",
      "It guesses for each point how near it is, too. So the computer knows which way the head is turned.",
    ],
    math: (data) => ({
      formula: `pᵢ = (x, y, z),  i = 1 … 468\nmin over s, R, t   Σᵢ ‖ s R mᵢ + t − pᵢ ‖²      m: a mean face`,
      words: [
        `The rotation R says the pose. Here: yaw ${signed(data.frame.pose[0])}°, pitch ${signed(data.frame.pose[1])}°, roll ${signed(data.frame.pose[2])}°.`,
        "Umeyama, 1991, has the solution in closed form. Only points are used that expression hardly moves.",
      ],
    }),
  },
  {
    title: "The aligned face",
    words: () => [
      "The face is cut out along a square that follows the head: it is tilted, and as large as the head is.",
      "So every face comes out upright, in the same place and equally large. The network need not learn any of that.",
    ],
    math: (data, about) => ({
      formula: `y = s R x + t\n  = [ ${data.aligned.matrix[0].slice(0, 2).join("  ")} ]  x + [ ${data.aligned.matrix[0][2]} ]\n    [ ${data.aligned.matrix[1].slice(0, 2).join("  ")} ]      [ ${data.aligned.matrix[1][2]} ]`,
      words: [`A similarity has four numbers: how much to enlarge, how far to turn, and where to. What comes out is ${about.size} × ${about.size} × 3 = ${count(about.size ** 2 * 3)} numbers.`],
    }),
  },
  {
    title: "What the network must undo",
    words: () => [
      "To learn, the network is given each face a little bent, moved and with other colours, differently every time.",
      "It must draw the face straight again. It cannot copy what it sees: it has to know what this face looks like.",
    ],
    math: (data, about) => ({
      formula: `min over E, Dᵢ   Σ ‖ Dᵢ(E(warp(xᵢ))) − xᵢ ‖      for each person i`,
      words: [
        `Here points are bent by ${data.undone.bend_px} of ${about.size} points (root mean square). What is drawn differs from what it should be by ${data.undone.error} of 255 levels inside the face.`,
        "The movement and the mirroring are in what should be drawn, too. Only the bending and the colours are undone.",
      ],
    }),
  },
  {
    title: "The code",
    words: (data, about) => [
      `The encoder squeezes the face into ${count(about.code)} numbers: the code. ${count(about.size ** 2 * 3)} numbers go in, so nearly everything must be left out.`,
      "What is kept is what changes: mouth, eyes, brows, the turn of the head, light. Who it is can be left out, because the decoder knows that.",
      "Move a slider. The code is changed, and both people are drawn from it.",
    ],
    math: (data, about) => ({
      formula: `c = E(x) ∈ ℝ^${about.code}      C = cov(c) = V Λ Vᵀ      c′ = c + Σₖ aₖ √λₖ vₖ`,
      words: [
        "The sliders go along the eigenvectors of the codes' covariance with the largest eigenvalues (principal component analysis), over the faces of both people, each person's mean taken away. One unit is one standard deviation.",
        `Shares of the variance: ${about.directions.map((one) => `${(100 * one.share).toFixed(1)} %`).join(", ")}. Correlation with what is named, or with the nearest thing that was measured: ${about.directions.map((one) => one.r.toFixed(2)).join(", ")}.`,
        `The face in the frame lies at ${data.code.offsets.map((one) => signed(Number(one.toFixed(1)))).join(", ")} standard deviations from its person's mean.`,
      ],
    }),
  },
  {
    title: "The other decoder",
    words: (data, about) => [
      `Each person has a decoder of their own. Each has learnt to draw one face only, from any code.`,
      `Now the code of ${about.target} is given to the decoder of ${about.source}. It draws ${about.source}, doing what ${about.target} does.`,
    ],
    math: (data, about) => ({
      formula: `y = D_source( E(x_target) )`,
      words: [
        "One encoder reads everybody, so the same expression has nearly the same code, whoever shows it.",
        "What is left of the person in the code is moved first to where the other's codes lie: (c − μ_target) · σ_source / σ_target + μ_source (Huang and Belongie, 2017).",
        about.steps ? "" : "Nothing has been learnt of these two yet, so both decoders still hold the same numbers.",
      ].filter(Boolean),
    }),
  },
  {
    title: "The blend",
    words: () => [
      "The drawn face goes back to where it was cut out. As a plain square its edges would show.",
      "A mask with a soft border shows the face alone. Then its colours and its light are matched to the frame.",
      "Hair, ears, neck and background are still the frame's own.",
    ],
    math: (data) => ({
      formula: `out = (1 − a m) · frame + a m · colour(y)      a: the slider,  m: the mask, 0 to 1`,
      words: [`The mask shows ${(100 * data.blend.share).toFixed(0)} % of the square. Outside it no number of the frame changes.`],
    }),
  },
];

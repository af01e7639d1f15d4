// The five guided steps: a text, the setting that it speaks of, and the figure that shows it. Links in a text are hashes:
// each is a setting to try.

export const STEPS = [
  {
    title: "A linear denoiser",
    lead: "noise",
    hash: "step=1&n=20000",
    text: `
      <p>A diffusion model learns one thing: to look at a row with noise on it, and to say what the noise was. The
      simplest such network is linear: <em>one matrix for each noise level</em>. Its loss is the mean squared error of the
      noise that it names. A loss of 1 means that it says nothing at all.</p>
      <p><b>Look</b> at the figure. With much noise (right) the noise is easy to name, because the row is almost nothing
      else. With little noise (left) it hides in the signal. Here are very many rows, so the network is as good on new rows
      (<em>test</em>) as on its own (<em>train</em>), and as the <em>oracle</em>, which knows the truth: the lines lie on
      each other.</p>
      <p><b>Try</b> <a href="#step=1&n=20000&noise=3">more noise</a>, <a href="#step=1&n=20000&noise=0.05">less noise</a>,
      or drag in the figure. Then take away the rows: <a href="#step=1&n=100">only 100</a>.</p>`,
  },
  {
    title: "Few rows",
    lead: "samples",
    hash: "step=2&n=100",
    text: `
      <p>There are 200 dimensions, but only 100 rows. In half of the directions no row varies at all. The network takes that
      for a fact: it does well on the rows that it has seen, and badly on new ones. <em>It memorises.</em></p>
      <p><b>Look</b> at the gap between test and train. The lines meet only when there are many more rows than dimensions.
      The spectrum shows why: the variances that 100 rows show (orange) are not those of the truth (dotted). Large ones
      look larger, small ones smaller, and the rest is missing.</p>
      <p><b>Try</b> <a href="#step=2&n=20">20 rows</a>, <a href="#step=2&n=200">200</a>,
      <a href="#step=2&n=2000">2000</a>. Is less noise harder? <a href="#step=2&n=100&noise=0.1">See</a>. And do heavy tails
      matter? <a href="#step=2&n=100&weights=student:3">Student's law</a>.</p>`,
  },
  {
    title: "A ridge",
    lead: "ridge",
    hash: "step=3&n=100&ridge=0.1",
    text: `
      <p>A ridge (weight decay) punishes large weights. It is as if the network believed that every direction varies by
      <i>c</i> more than its rows say. So it no longer trusts directions that it has not seen.</p>
      <p><b>Look</b> at the valley of the test loss. Too little ridge, and it memorises; too much, and it learns nothing. The
      train loss can only rise: that is the price. And the distance of the samples from the
      truth is finite now. Without a ridge it is infinite for fewer rows than dimensions.</p>
      <p><b>Try</b> <a href="#step=3&n=100">no ridge</a>, <a href="#step=3&n=100&ridge=0.01">0.01</a>,
      <a href="#step=3&n=100&ridge=10">10</a>, then drag to the bottom of the valley. With
      <a href="#step=3&n=1000&ridge=0.1">1000 rows</a> the best ridge is smaller.</p>`,
  },
  {
    title: "Stopping",
    lead: "time",
    hash: "step=4&n=50&tau=1",
    text: `
      <p>Training starts from a network that says nothing, and learns the directions with much variance first. Those are the
      ones that the rows show best. What it learns late is mostly chance.</p>
      <p><b>Look</b>: the train loss falls all the time. The test loss falls, and then <em>rises</em>. The best moment to stop
      is the lowest point of the orange line. Stopping there does about as much good as the best ridge.</p>
      <p><b>Try</b> <a href="#step=4&n=50&tau=0.1">too early</a>, <a href="#step=4&n=50&tau=30">late</a>,
      <a href="#step=4&n=50">to the end</a>. With <a href="#step=4&n=5000&tau=1">5000 rows</a> there is hardly a reason to
      stop.</p>`,
  },
  {
    title: "More rows",
    lead: "divergences",
    hash: "step=5&n=2000",
    text: `
      <p>What does a trained network draw? The divergence (KL) says how far its samples are from the truth. For fewer rows
      than dimensions it is infinite: the samples never leave the directions of the rows.</p>
      <p><b>Look</b> at the right half of the figure. Beyond N = d both divergences fall together, and soon as straight lines:
      about <i>d</i>/(4<i>N</i>) per dimension, <em>whatever the spectrum</em>. Twice as many rows bring half the
      divergence.</p>
      <p><b>Try</b> <a href="#step=5&n=1000">1000 rows</a>, <a href="#step=5&n=4000">4000</a>. Change the exponent of the
      spectrum: <a href="#step=5&n=2000&k=0">0</a> or <a href="#step=5&n=2000&k=2">2</a>. The lines do not move. Then
      <a href="#view=rows">ask about your own rows</a>.</p>`,
  },
];
